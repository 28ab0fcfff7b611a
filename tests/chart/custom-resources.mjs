// Reads a JSON array of Kubernetes objects; each whose kind is defined by a custom resource is validated by the schema that
// its authors publish. Prints how many there were; ends with 1 and the reasons when one is wrong.
import { text } from "node:stream/consumers";
import { HTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1";
import { PodMonitor, PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";

const kinds = { HTTPRoute, PodMonitor, PrometheusRule, ScaledObject };
let seen = 0;
for (const object of JSON.parse(await text(process.stdin))) {
  const Kind = kinds[object.kind];
  if (!Kind) continue;
  seen += 1;
  try {
    new Kind(object).validate();
  } catch (error) {
    console.error(`${object.kind} ${object.metadata?.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
console.log(seen);
