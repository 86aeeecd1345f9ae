#!/bin/sh
# Prints the kafka-acls.sh commands that give one user the rights of one role; see
# docs/security.md. Nothing is changed until they are run:
#
#   deploy/kafka/acls.sh agent agent-eu --bootstrap-server b1:9093 --command-config admin.properties | sh
set -eu
[ $# -ge 2 ] || { echo "usage: $0 agent|processor|indexer|admin USER [flags of kafka-acls.sh]" >&2; exit 2; }
role=$1 user=$2
shift 2
allow() { echo "kafka-acls.sh $flags --add --allow-principal 'User:$user' $*"; }
flags=$*
# Write includes Describe. Idempotent writes need no right of their own from Kafka 2.8 on.
case $role in
agent)
	for t in raw agents agents.sources; do allow "--operation Write --operation DescribeConfigs --topic $t"; done ;;
processor)
	allow "--operation Read --operation DescribeConfigs --topic agents"
	for t in raw enrich-table fleet-table; do allow "--operation Read --operation Write --operation DescribeConfigs --topic $t"; done
	for t in stages dead.raw dead.agents dead.adopt; do allow "--operation Write --operation DescribeConfigs --topic $t"; done
	allow "--operation Write --topic logs. --resource-pattern-type prefixed"
	for g in enrich fleet; do allow "--operation Read --group $g"; done
	allow "--operation Read --group adopt- --resource-pattern-type prefixed" ;;
indexer)
	allow "--operation Read --topic logs. --resource-pattern-type prefixed"
	for t in stages dead.logs; do allow "--operation Write --operation DescribeConfigs --topic $t"; done
	allow "--operation Read --group indexer" ;;
admin)
	for t in raw agents agents.sources stages enrich-table fleet-table; do allow "--operation Create --operation Read --operation DescribeConfigs --topic $t"; done
	for p in dead. logs.; do allow "--operation Create --operation Read --operation DescribeConfigs --topic $p --resource-pattern-type prefixed"; done
	for g in enrich fleet indexer; do allow "--operation Describe --group $g"; done
	allow "--operation Describe --group adopt- --resource-pattern-type prefixed" ;;
*) echo "$0: there is no role $role" >&2; exit 2 ;;
esac
