# Commits in one git repository, each acknowledged when `git commit` has
# returned. usage: git.sh write all|default COUNT | git.sh gc all|default COUNT |
# git.sh check. `gc` makes COUNT commits, syncs them, and then runs `git gc`.
# `all` and `default` are values of core.fsync. `check` fails if an acknowledged
# commit is lost (exit status 1) or if `git fsck` complains (2). Both fail with
# git 2.39 on ext4: git renames the lock file of a branch over the branch and does
# not sync the folder, whatever core.fsync says, so that the last commit is lost
# until something else commits the journal.
git() { HOME=/nonexistent command git -c gc.auto=0 -c user.name=n -c user.email=e "$@"; }
if [ "$1" != check ]; then
  git init -q . || exit 1
  [ "$2" = default ] || git config core.fsync "$2"
  # `git init` syncs nothing, whatever is set.
  sync -f .
  [ "$1" = gc ] || echo powercut:start >"$POWERCUT_ACKS"
  for k in $(seq "$3"); do
    echo "$k" >file
    git add file && git commit -qm "$k" && echo "$k" >"$POWERCUT_ACKS"
  done
  [ "$1" = gc ] || exit 0
  sync -f .
  echo powercut:start >"$POWERCUT_ACKS"
  echo "$3" >"$POWERCUT_ACKS"
  git gc -q
  exit
fi
acked=$(tail -n 1 "$POWERCUT_ACKED")
[ -n "$acked" ] || exit 0
complaint=$(git -c safe.directory='*' fsck --full --strict 2>&1) ||
  { echo "$complaint" | tail -n 1; exit 2; }
held=$(git -c safe.directory='*' rev-list --count HEAD -- 2>/dev/null) ||
  { echo "no branch"; exit 1; }
[ "$held" -ge "$acked" ] || { echo "commits are lost"; exit 1; }
