#!/bin/sh
# The one gate. Every step runs even after one failed, so that one run shows everything there is to repair.
set -u
root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root" || exit 3
log=$(mktemp)
trap 'rm -f "$log" "$log".*' EXIT
failed=

run_node() { sh tools/node.sh "$@" </dev/null; }

# step NAME COMMAND...: silent when it passes, everything it said when it does not.
step() {
  name=$1
  shift
  started=$(date +%s)
  if "$@" >"$log" 2>&1; then
    echo "ok: $name, $(($(date +%s) - started)) s"
  else
    sed 's/^/    /' "$log"
    echo "not ok: $name"
    failed="$failed; $name"
  fi
}

# Rooms whose tests share nothing of the machine but its processors; and those that use the kernel's tables, namespaces
# and the lab's names. What is left, the controller above all, uses ports.
alone='bench cli exporters flows importers model net policy testkit ui wire'
kernel='agent e2e enforce lab native sensors'

# tests_of CONCURRENCY TAP FOLDER...
tests_of() {
  concurrency=$1 tap=$2
  shift 2
  # Named files, because by itself the runner also takes files like cli/policy-test.ts for tests.
  # shellcheck disable=SC2046 # file names in this tree have no blanks, tools/check-words.ts sees to it
  run_node --test --test-concurrency="$concurrency" --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$tap" $(find "$@" -name node_modules -prune -o -name .cache -prune -o -name '*.test.ts' -print | sort)
}

# One test file at a time in each of two groups, which mostly wait; those that only compute run meanwhile.
unit_tests() {
  passed=0
  others=$(for folder in */; do case " $alone $kernel node_modules " in *" ${folder%/} "*) ;; *) echo "$folder" ;; esac; done)
  # shellcheck disable=SC2086 # names of rooms have no blanks
  tests_of "$(nproc)" "$log" $alone >"$log.alone" 2>&1 &
  beside=$!
  # shellcheck disable=SC2086 # names of rooms have no blanks
  tests_of 1 "$log.others" $others >"$log.ports" 2>&1 &
  behind=$!
  # shellcheck disable=SC2086 # names of rooms have no blanks
  tests_of 1 "$log.kernel" $kernel || passed=1
  for group in "$beside" "$behind"; do wait "$group" || passed=1; done
  cat "$log.ports" "$log.alone"
  cat "$log.others" "$log.kernel" >>"$log"
  return "$passed"
}

step 'types, pure rooms without Node or DOM' run_node node_modules/typescript/bin/tsc -p tsconfig.pure.json
step 'types, everything' run_node node_modules/typescript/bin/tsc -p tsconfig.node.json
step 'types, console' run_node node_modules/typescript/bin/tsc -p tsconfig.ui.json
step 'types, no file left out' run_node tools/check-types.ts
step 'layers' run_node tools/check-layers.ts
step 'sizes' run_node tools/check-sizes.ts
step 'lockfile' run_node tools/check-lockfile.ts
step 'words' run_node tools/check-words.ts
step 'citations of the specification' run_node tools/check-spec.ts
step 'lint and format' run_node node_modules/@biomejs/biome/bin/biome ci --colors=off .
step 'unused code' run_node node_modules/knip/bin/knip.js --no-progress

# As root nothing has a reason to be skipped: a machine that lost one must not pass for one that was tested. Data of
# others that lies beside the repository is told of, and a clone without it is tested all the same.
nothing_skipped() {
  grep -E '# SKIP data beside the repository' "$log" | sed 's/^ */    /' || true
  skipped=$(grep -E '# SKIP' "$log" | grep -v '# SKIP data beside the repository' || true)
  [ -n "$skipped" ] || return 0
  echo "$skipped" | sed 's/^ */    /'
  if [ "$(id -u)" -eq 0 ] && unshare --net true 2>/dev/null; then return 1; fi
  echo "skipped: $(echo "$skipped" | wc -l) for want of root or of new network namespaces"
}

echo 'unit tests:'
if unit_tests; then echo 'ok: unit tests'; else failed="$failed; unit tests"; fi
if ! nothing_skipped; then failed="$failed; skipped tests"; fi

if [ -n "$failed" ]; then
  echo "the gate is closed by: ${failed#; }"
  exit 1
fi
echo 'the gate is open'
