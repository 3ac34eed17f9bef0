# A directory made in a volume that gocryptfs encrypts, acknowledged when its
# parent was synced. usage: gocryptfs.sh write | gocryptfs.sh check
# Needs Debian's gocryptfs. `check` fails if the encrypted volume cannot be
# listed: gocryptfs issue 1033.
volume=$(mktemp -d)
mount_volume() { gocryptfs -q -extpass 'echo x' c "$volume" >/dev/null 2>&1; }
unmount_volume() {
  fusermount -u "$volume"
  rmdir "$volume"
}

if [ "$1" = write ]; then
  mkdir c
  gocryptfs -q -init -scryptn 10 -extpass 'echo x' c || exit 1
  sync -f .
  mount_volume || exit 1
  echo powercut:start >"$POWERCUT_ACKS"
  echo 0 >"$POWERCUT_ACKS"
  mkdir "$volume/sub"
  sync "$volume"
  echo 1 >"$POWERCUT_ACKS"
  unmount_volume
  exit 0
fi
[ -s "$POWERCUT_ACKED" ] || exit 0
mount_volume || { rmdir "$volume"; echo "the volume does not mount"; exit 2; }
ls -R "$volume" >/dev/null 2>&1
listed=$?
unmount_volume
[ $listed = 0 ] || { echo "the directory cannot be read"; exit 3; }
