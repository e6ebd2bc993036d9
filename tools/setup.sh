#!/bin/sh
# tools/setup.sh [e2e]: installs what is missing and nothing else; a second run changes nothing and takes a fraction of a
# second. `e2e`: the browser of the scenarios and benches too.
# POSIX sh, because the first run may find nothing but Debian, git and an older Node with npm.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root"
stamp=node_modules/.bulkhead-stamp
policy=${BULKHEAD_POLICY_RC_D:-/usr/sbin/policy-rc.d}
saved=$policy.bulkhead-saved
lists='tools/packages.txt lab/packages.txt'
extent=${1:-}
[ "$extent" != e2e ] || lists="$lists e2e/packages.txt"

say() { echo "setup: $*"; }

# Two set-ups at once would each remove the other's half of node_modules.
if [ -z "${BULKHEAD_SETUP_LOCKED:-}" ] && [ -w . ] && command -v flock >/dev/null 2>&1; then
  mkdir -p .cache
  BULKHEAD_SETUP_LOCKED=1 exec flock .cache/setup.lock sh "$0" "$@"
fi

# No install script runs: everything native comes prebuilt in a package with an integrity hash. Not `npm ci`: it
# refuses a lockfile without the packages of other platforms, and a registry need not have those. The lockfile's
# versions and hashes hold all the same, and --no-save leaves it as it is.
run_npm() {
  if ! npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error; then
    say "Cannot install npm packages: npm failed, its message is above; the registry must be reachable"
    exit 3
  fi
}

install_npm_packages() {
  inputs=$(cksum <package-lock.json)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$inputs" ]; then return; fi
  if ! command -v npm >/dev/null 2>&1; then
    say "Cannot install npm packages: npm is not there; needed: apt-get install npm"
    exit 3
  fi
  say "installing npm packages (about a minute)"
  run_npm
  # npm leaves out, without a word, optional packages that do not admit the Node it runs on; the first pass brought ours.
  ours=$(echo "$root"/node_modules/node-linux-*/bin)
  if [ "$(node --version)" != "$("$ours/node" --version)" ]; then PATH=$ours:$PATH NODE_NO_WARNINGS=1 run_npm; fi
  echo "$inputs" >"$stamp"
}

wanted_packages() {
  for list in $lists; do
    [ ! -f "$list" ] || sed -e 's/#.*//' "$list"
  done | tr -s ' \t' '\n\n' | sort -u | sed '/^$/d'
}

missing_packages() {
  wanted_packages | while read -r name; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)
    [ "$status" = installed ] || echo "$name"
  done
}

# Ours is told apart by its second line, so a set-up that was killed is repaired by the next one.
restore_policy() {
  if [ -f "$policy" ] && grep -q 'bulkhead set-up' "$policy"; then rm -f "$policy"; fi
  if [ -e "$saved" ] || [ -L "$saved" ]; then mv "$saved" "$policy"; fi
}

forbid_daemons() {
  if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$saved"; fi
  printf '#!/bin/sh\n# bulkhead set-up: no daemon starts while packages are installed\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

enabled_units() {
  command -v systemctl >/dev/null 2>&1 || return 0
  systemctl --root=/ list-unit-files --state=enabled --no-legend --no-pager 2>/dev/null | awk '{print $1}' | sort
}

# The lab runs these daemons itself; none of them should start with the machine because of a demo.
disable_new_units() {
  for unit in $(enabled_units); do
    case " $1 " in
      *" $unit "*) ;;
      *) systemctl --root=/ disable "$unit" >/dev/null 2>&1 || say "could not disable $unit" ;;
    esac
  done
}

install_debian_packages() {
  if ! command -v dpkg-query >/dev/null 2>&1; then
    say "not a Debian system: nothing installed; needed are $(wanted_packages | tr '\n' ' ')"
    return
  fi
  restore_leftover
  missing=$(missing_packages | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    say "missing Debian packages, root is needed to install them: $missing"
    say "to install them: sudo sh tools/setup.sh $extent"
    return
  fi
  say "installing Debian packages: $missing"
  before=$(enabled_units | tr '\n' ' ')
  trap 'restore_policy' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  forbid_daemons
  apt_install || { say "Cannot install Debian packages: apt-get failed, its message is above"; exit 3; }
  restore_policy
  trap - EXIT INT TERM HUP
  disable_new_units "$before"
}

restore_leftover() {
  [ "$(id -u)" -eq 0 ] || return 0
  if [ -e "$saved" ] || { [ -f "$policy" ] && grep -q 'bulkhead set-up' "$policy"; }; then
    say "putting back policy-rc.d, which an interrupted set-up left behind"
    restore_policy
  fi
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq </dev/null || say "apt-get update failed, trying with the lists there are"
  # shellcheck disable=SC2086 # a list of names
  apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 $missing </dev/null
}

build_native() {
  [ -f native/Makefile ] || return 0
  if ! command -v make >/dev/null 2>&1 || ! command -v gcc >/dev/null 2>&1; then
    say "missing gcc or make: native/build/bulkhead-helper is not built, an agent cannot read its kernel without it"
    return
  fi
  if make -C native -q >/dev/null 2>&1; then return; fi
  say "building the native helper"
  if make -C native -s; then return; fi
  say "Cannot build native/: make failed, its message is above"
  # What needs it says so; without root nothing does.
  [ "$(id -u)" -ne 0 ] || exit 3
}

# A file that is newer than what was built last, if there is one.
console_is_old() {
  [ -f ui/dist/index.html ] || return 0
  changed=$(find package-lock.json ui net model policy flows -newer ui/dist/index.html -type f \
    ! -path 'ui/dist/*' ! -path '*/node_modules/*' ! -name '*.test.ts' -print | head -n 1)
  [ -n "$changed" ]
}

build_console() {
  if ! console_is_old; then return; fi
  say "building the console"
  if ! sh tools/node.sh node_modules/vite/bin/vite.js build --config tools/vite.config.ts --logLevel error; then
    say "Cannot build ui/: vite failed, its message is above"
    exit 3
  fi
}

check_privileges() {
  if [ "$(id -u)" -ne 0 ]; then
    say "not root: the controller and the offline commands work; agents, the lab and their tests need root"
  elif ! unshare --net true 2>/dev/null; then
    say "no new network namespaces here (CAP_SYS_ADMIN is missing): agents may work, the lab and its tests do not"
  fi
}

install_npm_packages
install_debian_packages
build_native
build_console
check_privileges
say "ready"
