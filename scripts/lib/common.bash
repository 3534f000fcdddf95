# Shared by the scripts: where things are, how they speak, and which ROS they use. Source it, do not run it.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
venv="$root/.venv"
state="$venv/.setup"             # stamps of the finished stages, the mode and the log

say() { printf '%s\n' "$*" >&2; }

# fail <exit status> <one line: who failed, what is allowed, what to do>
fail() {
  local status=$1
  shift
  say "${0##*/}: $*"
  exit "$status"
}

now_s() { printf '%s' "${EPOCHREALTIME/,/.}"; }

# since <now_s> prints the seconds that passed, with one decimal.
since() { awk -v a="$1" -v b="$(now_s)" 'BEGIN { printf "%.1f", b - a }'; }

setup_mode() { cat "$state/mode" 2>/dev/null || echo wheels; }

# The wheels are a ROS of their own: the libraries of a sourced ROS, found first, would crash it.
leave_sourced_ros() {
  [[ -n ${AMENT_PREFIX_PATH:-}${COLCON_PREFIX_PATH:-} ]] || return 0
  local variable entry kept entries
  for variable in PYTHONPATH LD_LIBRARY_PATH PATH; do
    kept=()
    IFS=: read -r -a entries <<<"${!variable:-}"
    for entry in "${entries[@]}"; do
      _is_of_sourced_ros "$entry" || kept+=("$entry")
    done
    printf -v "$variable" '%s' "$(IFS=:; echo "${kept[*]}")"
    [[ -n ${!variable} ]] || unset "$variable"
  done
  unset AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH ROS_DISTRO ROS_VERSION ROS_PYTHON_VERSION
}

_is_of_sourced_ros() {
  local prefix prefixes
  IFS=: read -r -a prefixes <<<"${AMENT_PREFIX_PATH:-}:${COLCON_PREFIX_PATH:-}:/opt/ros"
  for prefix in "${prefixes[@]}"; do
    [[ -n $prefix && $1/ == "$prefix"/* ]] && return 0
  done
  return 1
}

# Beside an installed ROS: the one that was sourced, else Jazzy where apt puts it.
enter_installed_ros() {
  [[ -z ${ROS_DISTRO:-} ]] || return 0
  local file=${TASKMATRIX_ROS_SETUP:-/opt/ros/jazzy/setup.bash}
  [[ -f $file ]] || fail 4 "no ROS 2 at $file; install ROS 2 Jazzy and source it, or run scripts/setup without --ros"
  source_unguarded "$file"
}

# ROS's own setup files read unset variables.
source_unguarded() {
  local had_u=0
  [[ $- == *u* ]] && had_u=1
  set +u
  # shellcheck disable=SC1090
  source "$1"
  (( had_u )) && set -u
  return 0
}

# Makes rclpy and taskmatrix_interfaces importable by the programs of .venv.
enter_environment() {
  if [[ $(setup_mode) == ros ]]; then
    enter_installed_ros
    source_unguarded "$root/install/local_setup.bash"
  else
    leave_sourced_ros
  fi
}

# Sets up what is missing, then enters the environment. TASKMATRIX_SETUP_S tells children how long that took.
ensure_setup() {
  local start
  start=$(now_s)
  "$root/scripts/setup" --quiet || exit $?
  TASKMATRIX_SETUP_S=$(since "$start")
  export TASKMATRIX_SETUP_S
  enter_environment
}
