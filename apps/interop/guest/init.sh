#!/bin/sh
# The guest: mounts what there is, then does what the second serial line says, a line at a time:
#   NUMBER SECONDS MD5 SCRIPT            the script in base64, its MD5 in hexadecimal
# and answers
#   TOKEN NUMBER begun                   when it has understood it
#   TOKEN NUMBER EXIT-CODE MD5 OUTPUT    output in base64, its MD5
# A number that was answered is answered again, not done again; anything else is ignored, and asked for again by the other side.
# Nobody else writes to that line; the token is new with every boot.
/bin/busybox --install -s /bin
export PATH=/bin:/usr/sbin:/usr/bin HOME=/
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
stty -F /dev/ttyS1 raw -echo
token=$(sed 's/.*npa\.token=\([0-9a-f]*\).*/\1/' /proc/cmdline)
ip link set lo up
uname -r > /tmp/output
exec < /dev/ttyS1 > /dev/ttyS1

last=0
code=0
answer() {
  echo "$token $last $code $(md5sum < /tmp/output | cut -c 1-32) $(base64 -w 0 /tmp/output)"
}

answer
while read -r number seconds sum script; do
  if [ "$number" != "$last" ]; then
    echo "$script" | base64 -d > /tmp/script 2> /dev/null
    [ "$(md5sum < /tmp/script | cut -c 1-32)" = "$sum" ] || continue
    echo "$token $number begun"
    timeout -k 5 "$seconds" sh /tmp/script > /tmp/output 2>&1 < /dev/null
    code=$?
    last=$number
  fi
  answer
done
poweroff -f
