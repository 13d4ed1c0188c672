/** A provider's service over an `HttpClient` of a spec. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type * as Credentials from "../../auth/Credentials.js"
import * as Integration from "../../core/Integration.js"
import * as IntegrationClient from "../../core/IntegrationClient.js"
import * as Holdfast from "../../Holdfast.js"
import * as Provider from "../../platform/Provider.js"

export interface Parts<I, D extends Provider.Definition> {
  readonly tag: Context.Tag<I, Integration.Client<D>>
  readonly definition: D
  readonly http: HttpClient.HttpClient
  readonly credentials: Layer.Layer<Credentials.Credentials>
  readonly baseUrl?: string | undefined
}

/** No policy, so that each answer is seen as it is. */
export const bare = <I, D extends Provider.Definition>(
  { baseUrl, credentials, definition, http, tag }: Parts<I, D>
): Layer.Layer<I> =>
  Layer.effect(tag, Integration.client(definition)).pipe(
    // what an auth needs of a program is the credential
    Layer.provide(
      IntegrationClient.layer(definition as Integration.Definition<Credentials.Credentials>, { baseUrl })
    ),
    Layer.provide(credentials),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
  )

/** The standard stack, its state in memory. */
export const standard = <I, D extends Provider.Definition>(
  { baseUrl, credentials, definition, http, policy, tag }: Parts<I, D> & {
    readonly policy?: Provider.PolicyOption | undefined
  }
): Layer.Layer<I | Holdfast.Provided> =>
  // the layer's needs are met whatever the definition's policy is
  (Provider.layer(tag, definition, { baseUrl, credentials, policy: policy ?? {} }) as Layer.Layer<I>).pipe(
    Layer.provideMerge(Holdfast.layerMemory),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
  )
