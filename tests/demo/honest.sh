#!/bin/sh
# honest.sh - what a sandbox is for: counts lines, words and bytes of the C sources below DIR, and takes
# one SHA-256 over all of them.  The same input gives the same answer, inside and outside.
#
#   honest.sh DIR
cd "$1" || exit 1
find . -name build -prune -o -name '*.[ch]' -type f -print | LC_ALL=C sort >"${TMPDIR:-/tmp}/list.$$"
echo "files $(wc -l <"${TMPDIR:-/tmp}/list.$$")"
xargs cat <"${TMPDIR:-/tmp}/list.$$" | wc | awk '{ print "lines", $1, "words", $2, "bytes", $3 }'
xargs sha256sum <"${TMPDIR:-/tmp}/list.$$" | sha256sum | cut -c 1-64
rm -f "${TMPDIR:-/tmp}/list.$$"
