export { certificateProblem } from './certificates.ts';
export {
  type AddressKind,
  addressKind,
  endpointSchema,
  type HostAndPort,
  hostAndPortText,
  isLoopbackOnly,
  parseHostAndPort,
  withoutBrackets,
} from './forms.ts';
export {
  agentFor,
  describeProxy,
  type HttpProxy,
  type Proxies,
  proxyFor,
  readProxies,
} from './proxies.ts';
export { withoutSecrets } from './without-secrets.ts';
