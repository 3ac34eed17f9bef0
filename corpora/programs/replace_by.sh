# Replaces the file `config` COUNT times as an everyday program does.
# usage: replace_by.sh write HOW COUNT | replace_by.sh check HOW
# HOW is sed, vim, ed, cp, install, rsync, rsync-fsync, tar, synced (a new file
# that is synced and renamed, as dpkg does), or a program with its first argument,
# such as `/tmp/replace_go plain` (replace.go, replace.rs). No promise is written: `check` asks
# only that `config` is one of its versions as a whole. vim keeps the old version
# in `config~` while it writes, so that this file counts, too.
version() { yes "version $1" | head -n 2000; }
whole() {
  [ -e "$1" ] || { echo "$1 is missing"; return 1; }
  [ "$(wc -l <"$1")" = 2000 ] || { echo "$1 is cut short"; return 1; }
  [ "$(sort -u "$1" | wc -l)" = 1 ] || { echo "$1 is mixed"; return 1; }
}

if [ "$1" = check ]; then
  if [ "$2" = vim ]; then whole config~ >/dev/null && exit 0; fi
  whole config
  exit
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
version 0 >config
sync config .
echo powercut:start >"$POWERCUT_ACKS"
for k in $(seq "$3"); do
  version "$k" >"$work/config"
  case $2 in
    sed) sed -i "s/.*/version $k/" config ;;
    vim) vim -u NONE -es -c "%s/.*/version $k/" -c wq config ;;
    ed) printf '%s\n' "%s/.*/version $k/" w q | ed -s config ;;
    cp) cp "$work/config" config ;;
    install) install -m 644 "$work/config" config ;;
    rsync) rsync -I "$work/config" config ;;
    rsync-fsync) rsync -I --fsync "$work/config" config ;;
    tar) tar -C "$work" -c config | tar -x ;;
    synced)
      version "$k" >config.new
      sync config.new
      mv config.new config
      sync .
      ;;
    *) $2 config "$work/config" ;;
  esac || exit 1
done
