package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/test/servers"
)

// printed are the commands that a script of deploy/ prints for a role whose user has the
// same name, as words.
func printed(script, role string) ([][]string, error) {
	out, err := exec.Command("sh", "../../deploy/"+script, role, role).Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", script, err)
	}
	var commands [][]string
	for line := range strings.Lines(strings.ReplaceAll(string(out), "'", "")) {
		commands = append(commands, strings.Fields(line))
	}
	return commands, nil
}

// grantKafka does what the commands of deploy/kafka/acls.sh do.
func grantKafka(role string) error {
	commands, err := printed("kafka/acls.sh", role)
	if err != nil {
		return err
	}
	var acls []*sarama.ResourceAcls
	for _, words := range commands {
		acl, err := parseACL(words)
		if err != nil {
			return fmt.Errorf("%v: %w", words, err)
		}
		acls = append(acls, acl)
	}
	c := shared.Kafka.Config()
	conf, err := c.Sarama()
	if err != nil {
		return err
	}
	admin, err := sarama.NewClusterAdmin(c.Brokers, conf)
	if err != nil {
		return err
	}
	defer admin.Close()
	return admin.CreateACLs(acls)
}

// parseACL reads the flags of one kafka-acls.sh --add.
func parseACL(words []string) (*sarama.ResourceAcls, error) {
	r := &sarama.ResourceAcls{Resource: sarama.Resource{ResourcePatternType: sarama.AclPatternLiteral}}
	principal := ""
	var operations []sarama.AclOperation
	words = words[1:] // the program
	for len(words) > 0 {
		if words[0] == "--add" {
			words = words[1:]
			continue
		}
		if len(words) == 1 {
			return nil, fmt.Errorf("%s has no value", words[0])
		}
		var err error
		switch flag, value := words[0], words[1]; flag {
		case "--allow-principal":
			principal = value
		case "--operation":
			var o sarama.AclOperation
			err = o.UnmarshalText([]byte(value))
			operations = append(operations, o)
		case "--topic":
			r.ResourceType, r.ResourceName = sarama.AclResourceTopic, value
		case "--group":
			r.ResourceType, r.ResourceName = sarama.AclResourceGroup, value
		case "--resource-pattern-type":
			err = r.ResourcePatternType.UnmarshalText([]byte(value))
		default:
			err = fmt.Errorf("%s is not known here", flag)
		}
		if err != nil {
			return nil, err
		}
		words = words[2:]
	}
	for _, o := range operations {
		r.Acls = append(r.Acls, &sarama.Acl{Principal: principal, Host: "*", Operation: o, PermissionType: sarama.AclPermissionAllow})
	}
	return r, nil
}

// grantEtcd does what the commands of deploy/etcd/roles.sh do.
func grantEtcd(role string) error {
	commands, err := printed("etcd/roles.sh", role)
	if err != nil {
		return err
	}
	var grants []servers.Grant
	for _, words := range commands {
		switch text := strings.Join(words[1:min(3, len(words))], " "); text {
		case "role grant-permission": // ROLE --prefix=true KIND PREFIX
			if len(words) != 7 || words[4] != "--prefix=true" || (words[5] != "read" && words[5] != "readwrite") {
				return fmt.Errorf("%v cannot be read", words)
			}
			grants = append(grants, servers.Grant{Prefix: words[6], Write: words[5] == "readwrite"})
		case "role add", "user add", "user grant-role": // AddUser does them
		default:
			return fmt.Errorf("%v cannot be read", words)
		}
	}
	return shared.Etcd.AddUser(context.Background(), role, grants...)
}
