package kafka

import (
	"crypto/sha256"
	"crypto/sha512"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"
)

// scramClient is the maker of SCRAM conversations for a mechanism, nil where the
// mechanism needs none.
func scramClient(mechanism string) func() sarama.SCRAMClient {
	switch mechanism {
	case ScramSHA256:
		return func() sarama.SCRAMClient { return &conversation{hash: sha256.New} }
	case ScramSHA512:
		return func() sarama.SCRAMClient { return &conversation{hash: sha512.New} }
	}
	return nil
}

// conversation is one SCRAM log-in, as sarama wants it.
type conversation struct {
	hash scram.HashGeneratorFcn
	*scram.ClientConversation
}

// Begin starts the conversation; sarama calls it once for each connection.
func (c *conversation) Begin(user, password, authzID string) error {
	client, err := c.hash.NewClient(user, password, authzID)
	if err != nil {
		return err
	}
	c.ClientConversation = client.NewConversation()
	return nil
}
