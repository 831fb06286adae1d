# Outlives AppHost to end what AppHost started. Reads lines on standard input, whose other end only AppHost holds:
#   + PID SIGNAL   a process (leader of its own group) has started, and the signal that asks it to end
#   - PID          it has ended
#   q              all have ended in order
# The end of the input without "q" means that AppHost was killed.
# $1: the run's id, in the environment of every process as LINKSHORT_RUN_ID
# $2: the data folder's watchdog lock: held until everything has ended, the next start waits for it
# $3: a temporary data folder to remove, or ""
exec >/dev/null 2>&1
trap '' INT HUP TERM PIPE
cd /
exec 9>"$2" && flock 9
children=

while read -r action pid signal; do
  case $action in
    +) children="$children $pid:$signal" ;;
    -)
      rest=
      for child in $children; do
        [ "${child%%:*}" = "$pid" ] || rest="$rest $child"
      done
      children=$rest
      ;;
    q)
      orderly=yes
      break
      ;;
  esac
done

marked() {
  # Everything that this run started carries its id, whatever session or parent it has got since.
  for environment in $(grep -lszxF "LINKSHORT_RUN_ID=$1" /proc/[0-9]*/environ); do
    pid=${environment#/proc/}
    pid=${pid%/environ}
    [ "$pid" = $$ ] || echo "$pid"
  done
}

if [ -z "$orderly" ]; then
  for child in $children; do
    kill -"${child#*:}" "${child%%:*}"
  done
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    alive=
    for child in $children; do
      kill -0 "${child%%:*}" && alive=yes
    done
    [ -n "$alive" ] || break
    sleep 0.1
  done
  # PostgreSQL's processes don't share its group: "immediate" makes it end them itself. The others are killed with their group.
  for child in $children; do
    case ${child#*:} in
      INT) kill -QUIT "${child%%:*}" ;;
      *) kill -KILL -- "-${child%%:*}" ;;
    esac
  done
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    alive=
    for child in $children; do
      kill -0 "${child%%:*}" && alive=yes
    done
    [ -n "$alive" ] || break
    sleep 0.1
  done
  for child in $children; do
    kill -KILL -- "-${child%%:*}"
  done
fi

for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  strays=$(marked "$1")
  [ -n "$strays" ] || break
  for pid in $strays; do
    kill -KILL "$pid"
  done
  sleep 0.05
done

case $3 in
  */linkshort-*) rm -rf "$3" ;;
esac
