export { certificateProblem } from './certificates.ts';
export { endpointSchema, parseHostAndPort, withoutBrackets } from './forms.ts';
export {
  agentFor,
  describeProxy,
  type HttpProxy,
  type Proxies,
  proxyFor,
  readProxies,
  withoutCredentials,
} from './proxies.ts';
