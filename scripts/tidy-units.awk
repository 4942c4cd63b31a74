# Reads the names of sources, prints `UNIT SOURCE` lines: which of them scripts/tidy may join to one translation unit.
# Into a unit go sources of which none declares for itself what another one, or a header of another one, declares too.
# What is declared at namespace scope begins at the margin, as clang-format lays it out.

# The name that a line at the margin declares, or nothing.
function declared(line) {
  if (line !~ /^[A-Za-z_[]/) return ""
  if (line ~ /^(namespace|using namespace|extern|template|TEST_CASE|public:|protected:|private:|return )/) return ""
  if (line ~ /^using [^=]*;/) {
    sub(/;.*/, "", line)
    sub(/.*[^A-Za-z_0-9]/, "", line)
    return line
  }
  if (sub(/^(enum class|struct|class|enum|using|union) /, "", line)) {
    sub(/[^A-Za-z_0-9].*/, "", line)
    return line
  }
  sub(/^(\[\[[a-z]+\]\] )/, "", line)
  sub(/[=({;[].*/, "", line)
  sub(/ +$/, "", line)
  if (line ~ /::[A-Za-z_0-9]+$/) return ""
  sub(/.*[^A-Za-z_0-9]/, "", line)
  return line
}

# Whether a header of this project can be read, and where.
function found(header, folder, line, path, n, i, folders) {
  n = split(folder " include src tests", folders, " ")
  for (i = 1; i <= n; ++i) {
    path = folders[i] "/" header
    if ((getline line < path) >= 0) {
      close(path)
      return path
    }
  }
  return ""
}

# Reads a file once: its names into names[file], its headers, direct and not, into headers[file].
function read(file, line, name, header, path, folder, lines, n, i, text) {
  if (file in names) return
  names[file] = headers[file] = " "
  folder = file
  sub(/\/[^\/]*$/, "", folder)
  while ((getline line < file) > 0) text[++n] = line
  close(file)
  for (i = 1; i <= n; ++i) {
    if (match(text[i], /^#include "[^"]+"/)) {
      header = substr(text[i], 11, RLENGTH - 11)
      path = found(header, folder)
      if (path == "") continue
      read(path)
      headers[file] = headers[file] path " " headers[path]
    } else if (text[i] ~ /^#define /) {
      alone[file] = 1 # a macro would reach the sources after it
    } else if ((name = declared(text[i])) != "") {
      names[file] = names[file] name " "
    }
  }
}

# Puts into `set` what the headers of a file declare, and which of them.
function mark_headers(file, set, n, i, j, m, paths, words) {
  n = split(headers[file], paths, " ")
  for (i = 1; i <= n; ++i) {
    m = split(names[paths[i]], words, " ")
    for (j = 1; j <= m; ++j) set[words[j]] = paths[i]
  }
}

{
  source[++sources] = $0
  read($0)
}

END {
  for (s = 1; s <= sources; ++s) {
    delete outside
    delete inside
    mark_headers(source[s], outside)
    n = split(names[source[s]], words, " ")
    for (i = 1; i <= n; ++i) if (!(words[i] in outside)) inside[words[i]] = 1
    for (unit = 1;; ++unit) {
      if (size[unit] >= most || (source[s] in alone && size[unit] > 0)) continue
      clash = 0
      for (name in inside) if ((unit, name) in own || (unit, name) in lent) clash = 1
      for (name in outside) {
        if ((unit, name) in own) clash = 1
        # Two fixtures may have one name; the program's own headers go together.
        if (outside[name] ~ /^tests/ && (unit, name) in lent && lent[unit, name] != outside[name]) clash = 1
      }
      if (!clash) break
    }
    for (name in inside) own[unit, name] = 1
    for (name in outside) lent[unit, name] = outside[name]
    size[unit] += source[s] in alone ? most : 1
    print unit, source[s]
  }
}
