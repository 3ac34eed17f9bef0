# index_intact.sh: the check for index_unsynced.sh. `data` has the 500 lines of
# each record that `index` names.
awk 'FNR == NR { if ($1 == "record") lines[$2]++; next }
     $1 + 0 > 0 && lines[$1 + 0] != 500 { lost = 1 }
     END { if (lost) print "the data of an entry is lost"; exit lost }' data index
