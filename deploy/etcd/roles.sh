#!/bin/sh
# Prints the etcdctl commands that make one user with the rights of one role; see
# docs/security.md. The user's password is asked for. Nothing is changed until they run:
#
#   deploy/etcd/roles.sh agent agent-eu --endpoints https://e1:2379 --user root
set -eu
[ $# -ge 2 ] || { echo "usage: $0 agent|processor|indexer|admin USER [flags of etcdctl]" >&2; exit 2; }
role=$1 user=$2
shift 2
flags=$*
ctl() { echo "etcdctl${flags:+ $flags} $*"; }
may() { ctl "role grant-permission $user --prefix=true $1 $2"; }
case $role in agent | processor | indexer | admin) ;; *) echo "$0: there is no role $role" >&2; exit 2 ;; esac
ctl "role add $user"
case $role in
agent)
	may read /millrace/agent/ ;;
processor)
	may read /millrace/collections/
	may read /millrace/revisions/
	may readwrite /millrace/members/ ;;
indexer)
	may read /millrace/collections/
	may readwrite /millrace/members/
	may readwrite /millrace/leaders/ ;;
admin)
	may readwrite /millrace/ ;;
esac
ctl "user add $user"
ctl "user grant-role $user $user"
