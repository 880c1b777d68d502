# shellcheck shell=bash
# What bin/fwtrail and bin/verify have in common. They set root, the tree's folder, and read
# this with "source".
: "${root:?}"

# Debian keeps ip, nft and iptables where only root's PATH looks.
PATH=$PATH:/usr/sbin:/sbin

# stdout belongs to the program.
say() { printf 'fwtrail: %s\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

# Sets java to the java to use, or to nothing.
find_java() {
  java=${JAVA_HOME:+$JAVA_HOME/bin/java}
  [[ -x $java ]] || java=$(command -v java) || true
}

# Is $java there, and 17 or newer? Sets java_release to its number.
java_will_do() {
  java_release=0
  [[ -z $java ]] || [[ ! $("$java" -version 2>&1) =~ version\ \"([0-9]+) ]] ||
    java_release=${BASH_REMATCH[1]}
  ((java_release >= 17))
}

# Whether Maven can build here. Points JAVA_HOME at the JDK that $java belongs to: left to
# itself Maven may find another one.
can_build() {
  command -v mvn >/dev/null && java_will_do || return 1
  JAVA_HOME=$(readlink -f "$java")
  export JAVA_HOME=${JAVA_HOME%/bin/java}
  [[ -x $JAVA_HOME/bin/javac ]]
}

# packages_for COMMAND... : sets packages to the Debian packages of those commands that are
# missing. "build" stands for whatever it takes to build.
packages_for() {
  local command
  packages=()
  for command in "$@"; do
    case $command in
      build) can_build || packages+=(default-jdk-headless maven) ;;
      java) java_will_do || packages+=(default-jre-headless) ;;
      *) command -v "$command" >/dev/null || packages+=("$(package_of "$command")") ;;
    esac
  done
}

package_of() {
  case $1 in
    dnsmasq) echo dnsmasq-base ;;
    gcc) echo build-essential ;; # with the headers, which gcc does not depend on
    groff) echo groff-base ;;
    ip) echo iproute2 ;;
    libvirtd) echo libvirt-daemon-system ;;
    nft) echo nftables ;;
    ping) echo iputils-ping ;;
    ps) echo procps ;;
    qemu-img) echo qemu-utils ;;
    qemu-system-x86_64) echo qemu-system-x86 ;;
    rsyslogd) echo rsyslog ;;
    setpriv | unshare) echo util-linux ;;
    ssh) echo openssh-client ;;
    ulogd) echo ulogd2 ;;
    vagrant) echo vagrant-libvirt ;; # which has vagrant come along
    virsh) echo libvirt-clients ;;
    xtables-monitor) echo iptables ;;
    *) echo "$1" ;; # the others are named like their command
  esac
}

# install_packages WHAT-FOR PACKAGE... : installs them, or says how to and fails.
install_packages() {
  local purpose=$1 log as_root=()
  shift
  if ((EUID != 0)); then as_root=(sudo -n); fi
  if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    say "$purpose needs these Debian packages: $*"
    say "install them with: sudo apt-get update && sudo apt-get install $*"
    return 1
  fi
  say "$purpose needs $*: installing with apt-get"
  log=$(mktemp)
  # Another apt-get may be at work, on a machine that has only just started above all.
  if ! {
    "${as_root[@]}" apt-get update -q &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
        --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
  } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    say "apt-get failed; it said the above"
    return 1
  fi
  rm -f "$log"
}

# need WHAT-FOR COMMAND... : has all these commands, installing what is missing, or ends.
need() {
  local purpose=$1
  shift
  packages_for "$@"
  if ((${#packages[@]} > 0)); then
    install_packages "$purpose" "${packages[@]}" || exit 1
    hash -r
    find_java
    packages_for "$@"
    ((${#packages[@]} == 0)) || die "$purpose still lacks ${packages[*]} (JAVA_HOME=${JAVA_HOME:-})"
  fi
}

# Held until this process ends, by whoever builds. The file is only held, never written.
lock_build() {
  exec 9<"$root/pom.xml"
  flock -n 9 || {
    say "waiting for another build of $root"
    flock 9
  }
}
