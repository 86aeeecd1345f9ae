package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/internal/standalone"
)

// configName is the file in the data folder with which roles reach the
// embedded servers.
const configName = "servers.yaml"

type serversCmd struct {
	process.Common
	Data string `default:"./millrace-data" placeholder:"DIR" help:"Folder for all data; one process at a time. Default: ${default}."`
}

// Run serves until ctx ends. It prints where everything is, one line each.
func (c *serversCmd) Run(ctx context.Context, env *process.Env) error {
	telemetry, err := process.NewTelemetry(c.Source(env, nil), env.Stderr)
	if err != nil {
		return err
	}
	servers, err := standalone.Start(ctx, standalone.Config{DataDir: c.Data, Log: telemetry.Log, Registerer: telemetry.Registry})
	if err != nil {
		return err
	}
	defer servers.Close()
	config, err := writeConfig(servers, c.Data)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "kafka %s\netcd %s\nelasticsearch %s\nconfig %s\n", strings.Join(servers.Kafka().Brokers, ","),
		strings.Join(servers.Etcd().Endpoints, ","), strings.Join(servers.Search().Addresses, ","), config)
	<-ctx.Done()
	return servers.Close()
}

// writeConfig leaves the addresses and secrets where roles and tools find them.
func writeConfig(servers *standalone.Servers, data string) (string, error) {
	path, err := filepath.Abs(filepath.Join(data, configName))
	if err != nil {
		return "", err
	}
	return path, servers.WriteConfig(path)
}
