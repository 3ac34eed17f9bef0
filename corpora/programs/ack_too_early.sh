# Three acknowledged files. The third is acknowledged before it is synced, and
# the first is at last emptied and rewritten in place: a crash can lose the one
# and damage the other. For `powercut record`; ack_too_early_holds.sh checks.
echo 1 >a
sync -f .
echo 1 >"$POWERCUT_ACKS"
echo 2 >b
sync -f .
echo 2 >"$POWERCUT_ACKS"
echo 3 >c
echo 3 >"$POWERCUT_ACKS"
sync -f .
: >a
sync -f .
echo 1 >a
sync -f .
