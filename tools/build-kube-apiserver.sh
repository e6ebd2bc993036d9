#!/bin/sh
# Builds kube-apiserver from Debian's source package and unpacks etcd beside it, for `npm run e2e -- kubernetes`.
# Everything comes from Debian, through an apt directory of its own: nothing is installed, the machine's sources stay.
# Takes about ten minutes on two cores, once, and 3 GB of .cache/.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")
into=$root/.cache/kube-apiserver
suite=bookworm
go=1.19
[ -x "$into/kube-apiserver" ] && [ -x "$into/etcd" ] && { echo "$into/kube-apiserver is there"; exit 0; }
for needed in apt-get dpkg-source patch; do
  command -v "$needed" >/dev/null || { echo "Cannot build kube-apiserver: there is no $needed, Debian's dpkg-dev and patch are needed" >&2; exit 3; }
done

work=$into/work
rm -rf "$work"
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/debs" "$work/source" "$work/go/src/k8s.io"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=http://deb.debian.org/debian
printf '%s [signed-by=%s] %s %s main\n' deb "$keyring" "$mirror" "$suite" deb-src "$keyring" "$mirror" "$suite" >"$work/apt/sources.list"
apt() {
  apt-get -q -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}
apt update
(cd "$work/debs" && apt download golang-$go-go golang-$go-src etcd-server)
for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/root"; done
(cd "$work/source" && apt --download-only source kubernetes && dpkg-source --no-check -x ./*.dsc tree)

export GOROOT="$work/root/usr/lib/go-$go" GOPATH="$work/go" GOCACHE="$work/go-cache" GOPROXY=off GOFLAGS= GO111MODULE=off CGO_ENABLED=0
export PATH="$GOROOT/bin:$PATH"
ln -s "$work/source/tree" "$work/go/src/k8s.io/kubernetes"
cd "$work/go/src/k8s.io/kubernetes"

# The one file that the source package leaves to be generated: the descriptions of the API's types.
nice -n 19 go build -p 2 -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
described=$(grep -rl --include='*.go' -e '+k8s:openapi-gen=' pkg cmd plugin staging/src/k8s.io |
  grep -v -e /code-generator/ -e /sample-apiserver/ -e /generated/openapi/ | xargs -n1 dirname | sort -u |
  sed 's,^staging/src/,vendor/,; s,^,k8s.io/kubernetes/,' | paste -sd,)
nice -n 19 "$work/openapi-gen" -i "$described" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
  -h hack/boilerplate/boilerplate.generatego.txt -r "$work/violations" -o "$GOPATH/src"

version=$(sed -n 's/^Version: .*really\([0-9.]*\)-.*/\1/p' "$work"/source/*.dsc | head -n 1)
minor=${version#*.}
minor=${minor%%.*}
package=k8s.io/kubernetes/vendor/k8s.io/component-base/version
nice -n 19 go build -p 2 -o "$into/kube-apiserver" \
  -ldflags "-s -w -X $package.gitVersion=v$version -X $package.gitMajor=${version%%.*} -X $package.gitMinor=$minor" \
  k8s.io/kubernetes/cmd/kube-apiserver
cp "$work/root/usr/bin/etcd" "$into/etcd"
"$into/kube-apiserver" --version
cd "$root"
chmod -R u+w "$work"
rm -rf "$work"
