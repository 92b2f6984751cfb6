#!/bin/sh
# Stands in for systemctl in the tests, with a manager that has read only what was there at the last daemon-reload: the
# folders beside this file are the manager's unit folder, what it has read, what runs and what is enabled. Every call is
# noted in `calls`. A file `refuses` makes it fail, `masked` names a unit that cannot start, `forgets` makes it start nothing.
PATH=/usr/bin:/bin
here=$(dirname "$0")
mkdir -p "$here/etc dir/systemd/system" "$here/read" "$here/runs" "$here/enabled" "$here/own/systemd"
ln -sfn "../../etc dir/systemd/system" "$here/own/systemd/user"
cd "$here" || exit 9
echo "$*" >>calls
if [ -f refuses ]; then echo "Failed to connect to bus: No medium found" >&2; exit 1; fi
folder="etc dir/systemd/system"
for option in --user --no-ask-password --quiet; do [ "$1" != "$option" ] || shift; done
verb=$1
shift
for option in --quiet --what=state; do [ "$1" != "$option" ] || shift; done

show() {
  for unit in runs/$1; do
    [ -f "$unit" ] || continue
    name=${unit#runs/}
    echo "TimersCalendar={ OnCalendar=$(sed -n s/OnCalendar=//p "$unit") ; next_elapse=Sun 2026-11-22 18:00:17 UTC }"
    echo "Id=$name"
    echo "ActiveState=active"
    if [ -f "enabled/$name" ]; then echo "UnitFileState=enabled"; else echo "UnitFileState=static"; fi
    if cmp -s "$folder/$name" "read/$name"; then echo "NeedDaemonReload=no"; else echo "NeedDaemonReload=yes"; fi
    echo
  done
}

case "$verb" in
show) case "$1" in
  --property=UnitPath)
    [ -f folderless ] || echo "UnitPath=/run/systemd/transient \"$PWD/$folder\" \"$PWD/own/systemd/user\" /usr/lib/systemd/system" ;;
  *) show "$2" ;;
  esac ;;
daemon-reload) rm -rf read && cp -r "$folder" read ;;
restart) for name in "$@"; do
    if [ ! -f "read/$name" ]; then echo "Failed to restart $name: Unit $name not found." >&2; status=5; continue; fi
    if [ -f masked ] && [ "$name" = "$(cat masked)" ]; then echo "Failed to restart $name: Unit $name is masked." >&2; status=1; continue; fi
    [ -f forgets ] || cp "read/$name" "runs/$name"
  done ;;
stop) for name in "$@"; do
    rm "runs/$name" 2>/dev/null || { echo "Failed to stop $name: Unit $name not loaded." >&2; status=5; }
  done ;;
enable) touch "enabled/$1" ;;
disable) rm -f "enabled/$1" ;;
clean | reset-failed) ;;
*) echo "Unknown command verb $verb." >&2; status=1 ;;
esac
exit "${status:-0}"
