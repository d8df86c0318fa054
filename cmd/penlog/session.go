package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/paths"
	"penlog/session"
	"penlog/store"
)

func sessionCommand() *cobra.Command {
	return group("session", "List, show and export recorded sessions",
		"Reads the record, while an agent writes it or when none does. Nothing is changed.",
		sessionExportCommand(), sessionListCommand(), sessionShowCommand())
}

// dirFlag defines --dir on c and returns what opens the record there.
func dirFlag(c *cobra.Command) func(context.Context) (*store.Reader, error) {
	dir := c.Flags().String("dir", "", "data `FOLDER` of the record (default: this user's, where the agent writes)")
	return func(ctx context.Context) (*store.Reader, error) {
		at := *dir
		if at == "" {
			if c.Flags().Changed("dir") {
				return nil, usage("--dir names no folder")
			}
			if at = paths.DefaultDir(); at == "" {
				return nil, errors.New("this user has no data folder of its own: name one with --dir")
			}
		}
		return store.OpenReader(ctx, at)
	}
}

// sessionsAtOnce is how many lines of the list one query reads.
const sessionsAtOnce = 500

// findSession gives the one session that name means: "last", an id, or the
// beginning of one.
func findSession(ctx context.Context, r *store.Reader, name string) (store.Info, error) {
	if name == "last" {
		infos, err := r.Sessions(ctx, 0, 1)
		if err != nil {
			return store.Info{}, err
		}
		if len(infos) == 0 {
			return store.Info{}, fmt.Errorf("there is no session yet")
		}
		return infos[0], nil
	}
	if id, err := session.ParseID(name); err == nil {
		return r.Session(ctx, id)
	}
	want := strings.ReplaceAll(strings.ToLower(name), "-", "")
	if len(want) < 4 || len(want) > 32 || strings.Trim(want, "0123456789abcdef") != "" {
		return store.Info{}, usage("%q is no session: give 'last', an id from 'penlog session list', or at least 4 digits of its beginning", name)
	}
	var found []store.Info
	for behind := store.Cursor(0); ; {
		infos, err := r.Sessions(ctx, behind, sessionsAtOnce)
		if err != nil {
			return store.Info{}, err
		}
		for _, in := range infos {
			if strings.HasPrefix(strings.ReplaceAll(in.ID.String(), "-", ""), want) {
				found = append(found, in)
			}
		}
		if len(infos) < sessionsAtOnce {
			break
		}
		behind = infos[len(infos)-1].Cursor
	}
	switch len(found) {
	case 0:
		return store.Info{}, fmt.Errorf("no session begins with %q: 'penlog session list' shows what there is", name)
	case 1:
		return found[0], nil
	}
	return store.Info{}, fmt.Errorf("%d sessions begin with %q, such as %v and %v: give more of the id", len(found), name, found[0].ID, found[1].ID)
}
