package etcdd

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
)

// The users.
const (
	root = "root"
	// Agent is the user of agents.
	Agent = "agent"
)

// shut turns passwords on, unless they are. It can be repeated after a crash at
// any point.
func (s *Server) shut(ctx context.Context) error {
	open := s.Etcd()
	open.User, open.Password = "", ""
	client, err := etcd.Dial(ctx, open, s.cfg.Log)
	if err != nil {
		return fmt.Errorf("etcdd: %w", err)
	}
	err = s.addUsers(ctx, client)
	return errors.Join(err, client.Close())
}

func (s *Server) addUsers(ctx context.Context, c *clientv3.Client) error {
	status, err := c.AuthStatus(ctx)
	if err != nil {
		return fmt.Errorf("etcdd: ask for passwords: %w", err)
	}
	if status.Enabled {
		return nil
	}
	end := clientv3.GetPrefixRangeEnd(s.cfg.AgentPrefix)
	read := clientv3.PermissionType(clientv3.PermRead)
	steps := []func() error{
		func() error { _, err := c.RoleAdd(ctx, root); return err },
		func() error { _, err := c.UserAdd(ctx, root, s.cfg.Password); return err },
		func() error { _, err := c.UserGrantRole(ctx, root, root); return err },
		func() error { _, err := c.RoleAdd(ctx, Agent); return err },
		func() error { _, err := c.RoleGrantPermission(ctx, Agent, s.cfg.AgentPrefix, end, read); return err },
		func() error { _, err := c.UserAdd(ctx, Agent, s.cfg.AgentPassword); return err },
		func() error { _, err := c.UserGrantRole(ctx, Agent, Agent); return err },
		func() error { _, err := c.AuthEnable(ctx); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil && !isThere(err) {
			return fmt.Errorf("etcdd: set passwords: %w", err)
		}
	}
	return nil
}

func isThere(err error) bool {
	return errors.Is(err, rpctypes.ErrRoleAlreadyExist) || errors.Is(err, rpctypes.ErrUserAlreadyExist)
}
