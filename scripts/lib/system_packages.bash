# What comes from the system: which packages are missing, and installing them where that is allowed. Source it.

# required_missing <python or nothing>: Debian's names of what is missing and without which nothing can be built.
required_missing() {
  have c++ || have g++ || echo g++
  have cmake || echo cmake
  local python=$1 version
  [[ -n $python ]] || { echo python3 python3-venv python3-dev; return; }
  version=$("$python" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  "$python" -I -c 'import ensurepip, venv' 2>/dev/null || echo "python$version-venv"
  [[ -f $("$python" -I -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h ]] || echo "python$version-dev"
}

# wanted_missing <what was asked for by --with>...: without these the embedded broker, which is slower, or no camera
# pictures, or no check of our worlds by another parser.
wanted_missing() {
  if [[ " $* " == *" sdformat "* ]]; then
    have pkg-config || echo pkg-config
    pkg-config --exists sdformat12 2>/dev/null || echo libsdformat-dev
  fi
  { have mosquitto || [[ -x /usr/sbin/mosquitto ]]; } || echo mosquitto
  if have dpkg-query; then
    is_installed libegl1 || echo libegl1
    is_installed libegl-mesa0 || echo libegl-mesa0
    is_installed libgl1-mesa-dri || echo libgl1-mesa-dri
    # PyOpenGL takes either; this one brings no X11.
    is_installed libopengl0 || is_installed libgl1 || echo libopengl0
  elif ! ldconfig -p 2>/dev/null | grep -q 'libEGL\.so\.1'; then
    echo libegl1
  fi
}

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

have() { command -v "$1" >/dev/null 2>&1; }

may_install() { have apt-get && { [[ $EUID -eq 0 ]] || sudo -n true 2>/dev/null; }; }

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# install_packages <name>...: installs without questions, and without leaving a new mosquitto service running.
install_packages() {
  local status=0 brings_service=0
  [[ " $* " == *" mosquitto "* ]] && brings_service=1
  (( brings_service )) && hold_services
  _apt_install "$@" || { _apt update && _apt_install "$@"; } || status=$?
  (( brings_service )) && release_services
  return "$status"
}

_apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"; }

_apt_install() { _apt -y --no-install-recommends install "$@"; }

# A broker of ours is started by who needs it, on a port of its own. The one of the system stays off: under systemd by a
# mask that a restart of the machine would drop, elsewhere by the policy file that Debian's maintainer scripts ask.
policy=/usr/sbin/policy-rc.d
policy_mark='# held by taskmatrix_ros scripts/setup'

hold_services() {
  if [[ -d /run/systemd/system ]]; then
    as_root systemctl mask --runtime --quiet mosquitto.service || true
  elif [[ ! -e $policy ]]; then
    printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
}

# After an installation that was killed.
release_stale_hold() {
  if [[ ! -d /run/systemd/system ]] && grep -qsF "$policy_mark" "$policy" && may_install; then release_services; fi
}

release_services() {
  if [[ -d /run/systemd/system ]]; then
    as_root systemctl unmask --runtime --quiet mosquitto.service || true
    as_root systemctl disable --quiet mosquitto.service 2>/dev/null || true
  elif grep -qsF "$policy_mark" "$policy"; then
    as_root rm -f "$policy"
  fi
}
