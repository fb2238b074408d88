# Shared by deploy/run and tests/run: timed steps, packages. To be sourced.

# step NAME COMMAND...: runs it, says how long it took, or shows why it failed.
step() {
  local name=$1 begin end log
  shift
  log=$(mktemp)
  begin=$(date +%s.%N)
  if ! "$@" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "FAILED: $name ($*)" >&2
    rm -f "$log"
    return 1
  fi
  end=$(date +%s.%N)
  rm -f "$log"
  printf '%-44s %6.1f s\n' "$name" "$(echo "$end $begin" | awk '{print $1 - $2}')"
}

# The packages of a list that are not installed.
missing_packages() {
  grep -hv '^#' "$@" | while read -r package; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
      grep -qx installed || echo "$package"
  done
}

# install_packages LIST...: nothing to do if all are there; else apt, as root.
install_packages() {
  local missing as_root=()
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "These packages are missing, and only root can install them:" \
        $missing
      return 1
    }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  # shellcheck disable=SC2086  # one word a package
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing
}
