#!/bin/sh
# Makes the secrets of compose.yaml in deploy/secrets: random passwords, a folder per service. Existing ones are kept.
# Add the keys of model providers to deploy/secrets/runner, for example as openai_api_key, and restart the runners.
# Only the owner of deploy/secrets can open the folder; the containers' users get their files by mounts.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# secret FOLDER/NAME CONTENT
secret() {
  mkdir -p "secrets/${1%/*}"
  chmod 755 "secrets/${1%/*}"
  [ -s "secrets/$1" ] || printf '%s\n' "$2" > "secrets/$1"
  chmod 444 "secrets/$1"
}

for user in gateway ledger runner judge modelhost observer; do secret "nats/$user" "$(random)"; done
for user in gateway ledger runner judge modelhost; do secret "$user/assay_nats_password" "$(cat "secrets/nats/$user")"; done
secret postgres/postgres_password "$(random)"
secret ledger/assay_database_url "postgresql://assay:$(cat secrets/postgres/postgres_password)@postgres:5432/assay"
secret ledger/assay_master_key "$(head -c 32 /dev/urandom | base64)"
secret gateway/assay_token "$(random)"
secret grafana/admin_password "$(random)"
echo "secrets are in $PWD/secrets; the dashboard's token: $PWD/secrets/gateway/assay_token"
