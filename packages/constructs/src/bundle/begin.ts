// Imported for what it does, before the CDK: the CDK takes two seconds to load, on one of the cores.
import { makeBundlesAhead } from "./ahead.ts";

makeBundlesAhead();
