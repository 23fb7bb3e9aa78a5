export type { PluginApi, PluginEnv, PluginMain, ShellApi } from './plugin.js'
export * from '../layout/index.js'
