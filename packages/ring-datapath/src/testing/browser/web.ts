/** The little of the web that these scripts use, as TypeScript knows of Node only here. */
interface WebWorker {
  onmessage: ((event: { data: unknown }) => void) | null
  onerror: ((event: { message: string }) => void) | null
  postMessage(message: unknown): void
}

/** In a worker: the page. */
export const worker = globalThis as unknown as WebWorker

/** In a page: a worker that runs a script of the server. */
export function startWorker(script: string): WebWorker {
  const { Worker } = globalThis as unknown as { Worker: new (script: string) => WebWorker }
  return new Worker(script)
}

/** What a worker says next. */
export function answer<T>(of: WebWorker): Promise<T> {
  return new Promise((resolve, reject) => {
    of.onmessage = ({ data }) => resolve(data as T)
    of.onerror = ({ message }) => reject(new Error(message))
  })
}
