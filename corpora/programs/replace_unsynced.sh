# replace_unsynced.sh COUNT: replaces the file `config` COUNT times by writing
# `config.new` and renaming it, without any fsync. No promise is written: only
# that `config` is one of its versions as a whole (replace_whole.sh).
set -e
i=0
while [ $i -le "$1" ]; do
  yes "version $i" | head -n 2000 >config.new
  mv config.new config
  # What the first version must survive is not the question.
  [ $i -gt 0 ] || { sync config .; echo powercut:start >>"$POWERCUT_ACKS"; }
  i=$((i + 1))
done
