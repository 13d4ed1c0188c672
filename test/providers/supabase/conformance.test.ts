import { Effect, Redacted } from "effect"
import { Pagination } from "holdfast"
import {
  buckets,
  definition,
  Emulator,
  entries,
  Keys,
  objects,
  rows,
  Supabase,
  users
} from "holdfast/providers/supabase"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const key = (text: string) => Keys.key(Redacted.make(`sb_secret_fake-${text}`))

const { auth, auth2024, gateway, storage } = Emulator.Bodies
const ofRows = Emulator.Bodies.rows

Provider.suite({
  tag: Supabase,
  definition,
  emulator: Emulator.make,
  layerTest: Supabase.layerTest,
  credentials: [key("one"), key("two")],
  calls: everything,
  probe: (supabase) => supabase.project.health(),
  maps: ["user_metadata", "app_metadata", "metadata"],
  errors: [
    {
      name: "the gateway: 401",
      status: 401,
      body: gateway("Invalid API key"),
      expect: { _tag: "AuthenticationError", message: "Invalid API key", retryable: false }
    },
    {
      name: "rows: a duplicate",
      status: 409,
      body: ofRows("23505", "duplicate key value violates unique constraint", {
        details: "Key (id)=(1) already exists."
      }),
      expect: { _tag: "ConflictError", code: "23505", message: "duplicate key", retryable: false }
    },
    {
      name: "rows: a value that must be there",
      status: 400,
      body: ofRows("23502", "null value in column \"status\""),
      expect: { _tag: "ValidationError", code: "23502" }
    },
    {
      name: "rows: a deadlock, which has undone all",
      status: 500,
      body: ofRows("40P01", "deadlock detected"),
      expect: { _tag: "ConflictError", code: "40P01", retryable: true }
    },
    {
      name: "rows: a serialization failure",
      status: 500,
      body: ofRows("40001", "could not serialize access"),
      expect: { _tag: "ConflictError", code: "40001", retryable: true }
    },
    {
      name: "rows: a statement that took too long is 500",
      status: 500,
      body: ofRows("57014", "canceling statement due to statement timeout"),
      expect: { _tag: "ServerError", code: "57014", retryable: false }
    },
    {
      name: "rows: the database cannot be reached",
      status: 503,
      body: ofRows("PGRST000", "Could not connect with the database"),
      headers: { "retry-after": "4" },
      expect: { _tag: "ServerError", code: "PGRST000", retryable: true, retryAfter: "4 seconds" }
    },
    {
      name: "rows: no connection was free, 504",
      status: 504,
      body: ofRows("PGRST003", "Timed out acquiring connection from connection pool."),
      expect: { _tag: "ServerError", code: "PGRST003", retryable: true }
    },
    {
      name: "rows: a token that has expired",
      status: 401,
      body: ofRows("PGRST303", "JWT expired"),
      expect: { _tag: "AuthenticationError", code: "PGRST303", retryable: false }
    },
    {
      name: "rows: a right that is missing, 401",
      status: 401,
      body: ofRows("42501", "permission denied for table orders"),
      expect: { _tag: "AuthorizationError", code: "42501" }
    },
    {
      name: "rows: a policy that forbids it, 403",
      status: 403,
      body: ofRows("42501", "new row violates row-level security policy"),
      expect: { _tag: "AuthorizationError", code: "42501" }
    },
    {
      name: "rows: no such table",
      status: 404,
      body: ofRows("PGRST205", "Could not find the table", { hint: "Perhaps you meant 'orders'" }),
      expect: { _tag: "NotFoundError", code: "PGRST205", message: "Perhaps you meant" }
    },
    {
      name: "rows: one is asked for, none is there: 406",
      status: 406,
      body: ofRows("PGRST116", "Cannot coerce", { details: "The result contains 0 rows" }),
      expect: { _tag: "NotFoundError", code: "PGRST116" }
    },
    {
      name: "rows: one is asked for, and 10 are there",
      status: 406,
      body: ofRows("PGRST116", "Cannot coerce", { details: "The result contains 10 rows" }),
      expect: { _tag: "ValidationError", code: "PGRST116", message: "10 rows" }
    },
    {
      name: "rows: past the end, 416",
      status: 416,
      body: ofRows("PGRST103", "Requested range not satisfiable"),
      expect: { _tag: "ValidationError", code: "PGRST103" }
    },
    {
      name: "users: the e-mail address is taken, 422",
      status: 422,
      body: auth(422, "email_exists", "A user with this email address has already been registered"),
      expect: { _tag: "ConflictError", code: "email_exists", message: "already been registered" }
    },
    {
      name: "users: the same in the newer form",
      status: 422,
      body: auth2024("email_exists", "A user with this email address has already been registered"),
      headers: { "x-sb-error-code": "email_exists", "x-supabase-api-version": "2024-01-01" },
      expect: { _tag: "ConflictError", code: "email_exists" }
    },
    {
      name: "users: not there",
      status: 404,
      body: auth(404, "user_not_found", "User not found"),
      expect: { _tag: "NotFoundError", code: "user_not_found" }
    },
    {
      name: "users: a weak password, by reason",
      status: 422,
      body: { ...auth(422, "weak_password", "Password is weak"), weak_password: { reasons: ["length"] } },
      expect: { _tag: "ValidationError", code: "weak_password", issues: [{ message: "length", path: "password" }] }
    },
    {
      name: "users: no service key",
      status: 403,
      body: auth(403, "not_admin", "User not allowed"),
      expect: { _tag: "AuthorizationError", code: "not_admin" }
    },
    {
      name: "users: a bad token is 403 too",
      status: 403,
      body: auth(403, "bad_jwt", "invalid JWT"),
      expect: { _tag: "AuthenticationError", code: "bad_jwt", retryable: false }
    },
    {
      name: "users: too many e-mails",
      status: 429,
      body: auth(429, "over_email_send_rate_limit", "email rate limit exceeded"),
      expect: { _tag: "RateLimitError", code: "over_email_send_rate_limit", retryable: true }
    },
    {
      name: "users: a hook that took too long",
      status: 422,
      body: auth(422, "hook_timeout", "Failed to reach hook"),
      expect: { _tag: "ServerError", code: "hook_timeout", retryable: true }
    },
    {
      name: "users: only the header says what",
      status: 500,
      body: "<html>",
      headers: { "x-sb-error-code": "unexpected_failure" },
      expect: { _tag: "ServerError", code: "unexpected_failure", retryable: true }
    },
    {
      name: "storage: 400, and 404 in the body",
      status: 400,
      body: storage(404, "NoSuchKey", "not_found", "Object not found"),
      expect: { _tag: "NotFoundError", code: "NoSuchKey", message: "Object not found" }
    },
    {
      name: "storage: 400, and 409 in the body, without a code",
      status: 400,
      body: { error: "Duplicate", message: "The resource already exists", statusCode: "409" },
      expect: { _tag: "ConflictError", code: "Duplicate", retryable: false }
    },
    {
      name: "storage: 400, and 403 in the body",
      status: 400,
      body: storage(403, "AccessDenied", "Unauthorized", "new row violates row-level security policy"),
      expect: { _tag: "AuthorizationError", code: "AccessDenied" }
    },
    {
      name: "storage: 400, and 502 in the body, which passes",
      status: 400,
      body: { error: "Bad Gateway", message: "upstream", statusCode: "502" },
      expect: { _tag: "ServerError", code: "Bad Gateway", message: "upstream", retryable: true }
    },
    {
      name: "storage: 400, and a number in the body with a code that nobody knows yet",
      status: 400,
      body: { code: "constructor", error: "x", message: "no", statusCode: 404 },
      expect: { _tag: "NotFoundError", code: "constructor", message: "no", retryable: false }
    },
    {
      name: "storage: 400, and the key is no good",
      status: 400,
      body: storage(400, "InvalidJWT", "Unauthorized", "jws invalid"),
      expect: { _tag: "AuthenticationError", code: "InvalidJWT", retryable: false }
    },
    {
      name: "storage: too large",
      status: 400,
      body: storage(413, "EntityTooLarge", "Payload too large", "The object exceeded the maximum allowed size"),
      expect: { _tag: "ValidationError", code: "EntityTooLarge" }
    },
    {
      name: "storage: the object is locked",
      status: 400,
      body: storage(423, "ResourceLocked", "resource_locked", "The resource is locked"),
      expect: { _tag: "ConflictError", code: "ResourceLocked", retryable: true }
    },
    {
      name: "storage: slow down",
      status: 429,
      body: storage(429, "SlowDown", "too_many_connections", "Too many connections issued to the database"),
      expect: { _tag: "RateLimitError", code: "SlowDown", retryable: true }
    },
    {
      name: "storage: the database took too long",
      status: 400,
      body: storage(544, "DatabaseTimeout", "database_timeout", "The connection to the database timed out"),
      expect: { _tag: "ServerError", code: "DatabaseTimeout", retryable: true }
    },
    {
      name: "520, of the network in front",
      status: 520,
      body: "<html>",
      expect: { _tag: "ServerError", retryable: true }
    }
  ],
  tolerates: [
    {
      name: "a user with nothing but an id, and null for what is not there",
      body: { aud: "authenticated", users: [{ email: null, id: "a", identities: null }] },
      call: (supabase) => supabase.users.list({ urlParams: { page: 1, per_page: 10 } })
    },
    {
      name: "no users",
      body: { users: null },
      call: (supabase) => supabase.users.list({ urlParams: { page: 1, per_page: 10 } })
    },
    {
      name: "a bucket of a type that is new",
      body: [{ allowed_mime_types: null, file_size_limit: null, id: "a", name: "a", type: "OF_THE_FUTURE" }],
      call: (supabase) => supabase.buckets.list()
    },
    {
      name: "a folder",
      body: [{ created_at: null, id: null, last_accessed_at: null, metadata: null, name: "2026", updated_at: null }],
      call: (supabase) => supabase.objects.list({ path: { bucket: "a" }, payload: { prefix: "" } })
    },
    {
      name: "a page of objects without a cursor",
      body: { folders: null, hasNext: false, nextCursor: null, objects: null },
      call: (supabase) => supabase.objects.listPage({ path: { bucket: "a" }, payload: {} })
    }
  ],
  lists: [
    {
      operation: "rows.select",
      fill: ({ rows }) =>
        rows.insert({ path: { table: "items" }, payload: Array.from({ length: 25 }, (_, index) => ({ index })) }),
      stream: (supabase) =>
        Pagination.items(supabase.rows.select, rows(), {
          path: { table: "items" },
          urlParams: { limit: 10, order: "id" }
        }),
      items: 25,
      // a page that is not full need not be the last
      pages: 4
    },
    {
      operation: "users.list",
      fill: ({ users }) =>
        Effect.forEach(
          Array.from({ length: 25 }, (_, index) => `u${index}@example.com`),
          (email) => users.create({ payload: { email } })
        ),
      stream: (supabase) => Pagination.items(supabase.users.list, users(), { urlParams: { page: 1, per_page: 10 } }),
      items: 25,
      pages: 3
    },
    {
      operation: "buckets.list",
      fill: ({ buckets }) => Effect.forEach(["a", "b", "c"], (name) => buckets.create({ payload: { name } })),
      stream: (supabase) => Pagination.items(supabase.buckets.list, buckets(), { urlParams: { limit: 2 } }),
      items: 3,
      pages: 3
    },
    {
      operation: "objects.list",
      fill: (supabase) => Kit.fill(supabase, 5),
      stream: (supabase) =>
        Pagination.items(supabase.objects.list, entries(), {
          path: { bucket: "files" },
          payload: { limit: 2, prefix: "" }
        }),
      items: 5,
      pages: 4
    },
    {
      operation: "objects.listPage",
      fill: (supabase) => Kit.fill(supabase, 5),
      stream: (supabase) =>
        Pagination.items(supabase.objects.listPage, objects(), { path: { bucket: "files" }, payload: { limit: 2 } }),
      items: 5,
      pages: 3
    }
  ],
  requests: "requests.http"
})
