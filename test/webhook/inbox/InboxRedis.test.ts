import { isLong } from "../../campaign.js"
import * as redis from "../../delivery/redis.js"
import { suite } from "./suite.js"

suite({ layer: redis.queue, name: "Redis", settled: redis.settled }, isLong)
