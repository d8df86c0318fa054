package main

import "github.com/spf13/cobra"

func addSelfTest(*cobra.Command) {}
