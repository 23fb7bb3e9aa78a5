/**
 * What CI makes of the JSON of `npm run interop`: rows that passed or failed, as checks, and complaints of those that could not be run. Without a
 * single verdict on the device there is a complaint; a run that failed though no row did is a failed check.
 */
export function verdicts(json, succeeded) {
  const all = json === undefined ? [] : JSON.parse(json).rows
  const named = (row) => ({ name: `${row.driver} of ${row.kernel} on ${row.device}: ${row.check}`, detail: row.detail })
  const judged = all.filter((row) => row.result !== 'not run')
  const rows = judged.map((row) => ({ ...named(row), ok: row.result === 'pass' }))
  const complaints = all.filter((row) => row.result === 'not run').map((row) => `${named(row).name}: ${row.detail}`)
  if (json === undefined) rows.push({ name: 'npm run interop wrote its JSON', ok: false, detail: '' })
  else if (rows.length === 0)
    complaints.push("no real Linux driver judged our devices: Debian's packages or QEMU are missing")
  else if (!succeeded && rows.every((row) => row.ok))
    rows.push({ name: 'npm run interop', ok: false, detail: 'it failed' })
  return { rows, complaints }
}
