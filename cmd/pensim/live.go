package main

import (
	"context"
	"errors"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
)

// livePlayer plays scripts against an agent that runs.
func livePlayer(context.Context, string, []*script.Script) (func(context.Context, *script.Script, campaign.Options) (campaign.Result, error), error) {
	return nil, errors.New("not there yet")
}
