#!/bin/sh
# Fits the image to Assay's sandboxes, in which only /workspace and /tmp can be written, by an unprivileged user.
# Arguments: packages of Python for the tests, which get an environment of their own as under uv.
set -eu
folder=$PWD

stop() {
  echo "assay: $1" >&2
  exit 1
}

case "$folder/" in
  /usr/src/?*) ;;
  / | // | /assay/* | /bin/* | /boot/* | /dev/* | /etc/* | /lib/* | /lib32/* | /lib64/* | /logs/* | /opt/assay/* | /proc/* | /run/* | /sbin/* | \
  /sys/* | /tests/* | /tmp/* | /usr/* | /var/lib/* | /oracle/* | /solution/*)
    stop "the working folder of its image is $folder, which cannot be a workspace" ;;
esac

# The workspace: the working folder, or the folder that it is in.
rest=${folder#/}
case "$folder/" in
  /home/?*/* | /mnt/?*/* | /opt/?*/* | /srv/?*/* | /usr/src/*) workspace=$folder ;;
  /root/* | /var/*) workspace=$folder ;;
  *) workspace=/${rest%%/*} ;;
esac

missing=
for name in python3 bash; do
  command -v "$name" > /dev/null || missing="$missing $name"
done
if [ -n "$missing" ]; then
  if command -v apt-get > /dev/null; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
  elif command -v apk > /dev/null; then
    apk add --no-cache $missing
  else
    stop "its image lacks$missing"
  fi
fi

if [ "$#" -gt 0 ]; then
  if ! python3 -m venv /opt/assay/venv; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv
    python3 -m venv --clear /opt/assay/venv
  fi
  /opt/assay/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check "$@"
fi

# What the image sets, for commands in a sandbox, which have a neutral environment. /usr/local/bin is on their PATH.
python3 -I - "$folder" "$workspace" > /opt/assay/environment << 'END'
import os, shlex, sys
folder, workspace = sys.argv[1:]
left_out = {"HOME", "HOSTNAME", "LC_CTYPE", "OLDPWD", "PWD", "SHLVL", "TERM", "_"}
for name, value in sorted(os.environ.items()):
    if name not in left_out and not name.lower().endswith("_proxy"):
        print(f"export {name}={shlex.quote(value)}")
if os.environ.get("HOME") == workspace:
    print(f"export HOME={shlex.quote(workspace)}")
print(f"mkdir -p {shlex.quote(folder)} && cd {shlex.quote(folder)}")
END
old_ifs=$IFS
IFS=:
for part in $PATH; do
  case "$part" in
    /usr/local/bin | /usr/bin | /bin | /usr/local/sbin | /usr/sbin | /sbin) continue ;;
  esac
  for program in "$part"/*; do
    name=${program##*/}
    if [ -f "$program" ] && [ -x "$program" ] && [ ! -e "/usr/local/bin/$name" ]; then
      printf '#!/bin/sh\nexec "%s" "$@"\n' "$program" > "/usr/local/bin/$name"
      chmod 755 "/usr/local/bin/$name"
    fi
  done
done
IFS=$old_ifs
if [ -d /root ]; then chmod a+rx /root; fi

# The files that an attempt begins with; the importer takes them from here. Then every path leads to the workspace.
cd /
mkdir -p /opt/assay/start
cp -a "$workspace/." /opt/assay/start/
chmod -R a+rX /opt/assay/start
mkdir -p /workspace
chmod 0777 /workspace # what is mounted there gets the same mode
if [ "$workspace" != /workspace ]; then
  rm -rf "$workspace"
  ln -s /workspace "$workspace"
fi
rm -rf /logs
ln -s /tmp/logs /logs
