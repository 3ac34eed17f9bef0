# Exit status 0 if every acknowledged file has its content. It tells a file that
# is empty (3) from one that is missing (1), by its exit status and by its words.
acked=$(tail -n 1 "$POWERCUT_ACKED")
[ -n "$acked" ] || exit 0
[ -s a ] || { echo "CORRUPT: a is empty"; exit 3; }
[ "$acked" -lt 3 ] || [ -s c ] || { echo "lost: c, after ack $acked"; exit 1; }
