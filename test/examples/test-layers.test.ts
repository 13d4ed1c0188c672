// The spec of an example, where vitest finds it.
import "../../examples/04-test-layers/onboarding.spec.js"
