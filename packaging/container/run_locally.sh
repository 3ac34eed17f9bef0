#!/usr/bin/env bash
# Does without Docker what the Containerfile says: carries out its COPY and RUN
# steps in a new Debian 12, and then its ENTRYPOINT on a workload, as its USER. The
# image debian:12-slim is the same Debian with fewer documents.
#
#   packaging/container/run_locally.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

# The steps, one a line: a line that ends in a backslash goes on in the next.
steps() {
  sed -e '/^#/d' -e ':again' -e '/\\$/{N;s/ *\\\n */ /;b again' -e '}' \
    packaging/container/Containerfile
}

# Runs in the root that was entered; /tmp/powercut is the repository.
inside() {
  local user=root entry=
  while read -r word rest; do
    case $word in
      '' | FROM | WORKDIR | CMD) ;;
      COPY)
        local words
        read -ra words <<<"$rest"
        local target=${words[-1]}
        mkdir -p "$target"
        local pattern
        for pattern in "${words[@]:0:${#words[@]}-1}"; do
          # The pattern is to be expanded.
          # shellcheck disable=SC2086
          cp /tmp/powercut/$pattern "$target"
        done
        ;;
      RUN) sh -c "$rest" >/tmp/said 2>&1 </dev/null || { cat /tmp/said; exit 1; } ;;
      USER) user=$rest ;;
      ENTRYPOINT)
        entry=${rest#'["'}
        entry=${entry%'"]'}
        ;;
      *)
        echo "container: no step of this name is known: $word" >&2
        exit 1
        ;;
    esac
  done < <(steps)
  [ "$user" != root ] && [ -x "$entry" ]
  setpriv --reuid "$user" --regid "$user" --clear-groups --reset-env \
    "$entry" check --quiet /usr/share/powercut/corpora/workloads/three_writes.pcut
  setpriv --reuid "$user" --regid "$user" --clear-groups --reset-env \
    "$entry" doctor | grep '^ntfs-3g  *ready'
}

if [ "${1:-}" = inside ]; then
  inside
else
  root=$(mktemp -d)
  trap 'rm -rf --one-file-system "$root"' EXIT
  tar -C "$root" -xpf "$(packaging/debian_root.sh)"
  packaging/enter_root.sh "$root" \
    /tmp/powercut/packaging/container/run_locally.sh inside
fi
