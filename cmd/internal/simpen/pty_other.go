//go:build !unix

package simpen

import (
	"context"
	"errors"
)

func newPTY(context.Context, string, chan<- inbound) (endpoint, error) {
	return nil, errors.New("simpen: this system has no pseudo-terminals: use --listen 127.0.0.1:0")
}
