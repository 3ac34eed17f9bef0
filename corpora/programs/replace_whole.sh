# replace_whole.sh: the check for replace_unsynced.sh. `config` has 2000 lines,
# all of one version.
set -e
[ -e config ] || { echo "config is missing"; exit 1; }
[ "$(wc -l <config)" = 2000 ] || { echo "config is cut short"; exit 1; }
[ "$(sort -u config | wc -l)" = 1 ] || { echo "config is mixed"; exit 1; }
