import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './installed.mjs'

const MIB = 8
const [ONE, TWO, THREE] = [1, 2, 3].map((host) => `192.168.77.${host}`)

/** Gives what others fetch, and its hash. */
const GIVE = `mkdir /tmp/www; head -c ${MIB}M /dev/urandom > /tmp/www/data; sha256sum < /tmp/www/data > /tmp/www/sum
httpd -p 80 -h /tmp/www; iperf3 -s -D -p 5201; iperf3 -s -D -p 5202`

const FETCH = `fetch() {
  sum=$(wget -q -O - http://$2/sum) && [ "$sum" = "$(wget -q -O - http://$2/data | sha256sum)" ] && echo "$1 has ${MIB} MiB of $2, the hash equal"
}`

/** On the third guest: fetches from the first one when somebody connects, and says so to him. */
const ASK_THREE = `cat > /tmp/fetch << 'END'
#!/bin/sh
${FETCH}
fetch ${THREE} ${ONE} 2>&1
END
chmod +x /tmp/fetch; nc -ll -p 7000 -e /tmp/fetch > /dev/null 2>&1 &`

/** On the second guest, which has but a virtual function of the first card: everybody with everybody, at once. */
const TALK = `${FETCH}
rate() { iperf3 -c "$@" -t 5 -i 0 | sed -n 's/.* \\([0-9.]* [MG]bits.sec\\).*receiver/\\1/p' | xargs echo "iperf3 $@:"; }
fetch ${TWO} ${ONE} & fetch ${TWO} ${THREE} & nc ${THREE} 7000 < /dev/null &
rate ${ONE} -p 5201 & rate ${THREE} -p 5201 & rate ${ONE} -p 5202 -R & rate ${THREE} -p 5202 -R & wait`

/**
 * Two served cards on one cable, the first one with koffi, and three guests at once: one has a card with a virtual function of its own, another one the card's other virtual
 * function, the third one the other card. All of them talk to each other at the same time.
 */
export async function guests(installed) {
  const [a, b, scripts] = [1, 2, 3].map(() => installed.folder())
  const script = (name, text) => {
    const file = join(scripts, name)
    writeFileSync(file, text)
    return file
  }
  const cards = [
    installed.start(
      ...['serve', '--model', 'intel-82599', '--vfs', '2', '--sockets', a, '--wire', `nic:${b}`],
      ...['--hand', '1', '--accelerate'],
    ),
    installed.start('serve', '--model', 'intel-82576', '--vfs', '1', '--sockets', b, '--wire', `nic:${a}`),
  ]
  for (const card of cards) await card.says('A guest with it')
  const give = script('give', GIVE)
  const first = installed.start('boot', a, '--address', ONE, '--run', give, '--stay')
  await first.says('the guest stays')
  const ask = script('ask', ASK_THREE)
  const third = installed.start('boot', b, '--address', THREE, '--ping', ONE, '--run', give, '--run', ask, '--stay')
  await third.says('the guest stays')
  const talk = script('talk', TALK)
  const second = installed.start('boot', a, '--guest', 'vf1', '--address', TWO, '--ping', THREE, '--run', talk)
  const said = await second.done()
  for (const [to, from] of [
    [TWO, ONE],
    [TWO, THREE],
    [THREE, ONE],
  ])
    must(said, new RegExp(`${to} has ${MIB} MiB of ${from}, the hash equal`))
  const rates = [...said.matchAll(/^ {2}(iperf3 .*): ([\d.]+ [MG]bits\/sec)$/gm)].map(
    ([, what, rate]) => `${what}: ${rate}`,
  )
  if (rates.length !== 4) throw new Error(`${rates.length} of 4 streams came through:\n${said}`)
  for (const folder of [a, b]) console.log(await installed.start('ctl', folder, 'status').done())
  for (const guest of [first, third]) await guest.interrupt()
  for (const folder of [a, b]) await installed.start('ctl', folder, 'stop').done()
  for (const card of cards) await card.done()
  return `two cards and three guests, everybody with everybody at once; ${rates.join(', ')}`
}
