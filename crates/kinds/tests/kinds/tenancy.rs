//! What a tenant says about its room, down to the objects: isolation, links, namespaces.

use super::written::{lines, render};

#[test]
fn a_level_of_isolation() {
    let seen = render(
        "isolation = 'none'
[environments.dev]
domain = 'dev.example.com'
[environments.prod]
domain = 'example.com'
isolation = 'namespace'
== tenants/open/tenant.toml
== tenants/open/web.toml
WORKER
== tenants/shut/tenant.toml
isolation = 'strict'
== tenants/shut/web.toml
WORKER
== tenants/rest/tenant.toml
[environments.prod.isolation]
level = 'none'
== tenants/rest/web.toml
WORKER",
        &["NetworkPolicy"],
    );
    insta::assert_snapshot!(lines(&seen, &["---", "  name: ", "namespace: "]), @r"
    --- shut/tenant
    name: allow-dns
    namespace: shut
    --- shut/tenant
    name: deny-all
    namespace: shut
    --- shut/tenant
    name: web
    namespace: shut
    --- open/tenant
    name: allow-dns
    namespace: open
    --- open/tenant
    name: allow-namespaces
    namespace: open
    --- open/tenant
    name: web
    namespace: open
    --- shut/tenant
    name: allow-dns
    namespace: shut
    --- shut/tenant
    name: deny-all
    namespace: shut
    --- shut/tenant
    name: web
    namespace: shut
    ");
}

#[test]
fn a_namespace_is_open_in_itself() {
    let seen = render(
        "[environments.dev]
domain = 'dev.example.com'
== tenants/shop/tenant.toml
isolation = 'namespace'
namespaces = ['shop-jobs']
== tenants/shop/web.toml
WORKER",
        &["NetworkPolicy"],
    );
    insta::assert_snapshot!(seen, @r"
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: allow-dns
      namespace: shop
    spec:
      egress:
      - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      podSelector: {}
      policyTypes:
      - Egress
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: allow-namespaces
      namespace: shop
    spec:
      egress:
      - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop-jobs
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop-jobs
      podSelector: {}
      policyTypes:
      - Ingress
      - Egress
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: web
      namespace: shop
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/name: web
      policyTypes:
      - Ingress
      - Egress
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: allow-dns
      namespace: shop-jobs
    spec:
      egress:
      - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      podSelector: {}
      policyTypes:
      - Egress
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: allow-namespaces
      namespace: shop-jobs
    spec:
      egress:
      - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop-jobs
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop-jobs
      podSelector: {}
      policyTypes:
      - Ingress
      - Egress
    ");
}

#[test]
fn links_open_what_a_tenant_allows() {
    let seen = render(
        "[environments.dev]
domain = 'dev.example.com'
== tenants/shop/tenant.toml
isolation.allow-from = ['billing']
== tenants/shop/orders.toml
WORKER
== tenants/shop/payroll.toml
WORKER
== tenants/billing/tenant.toml
== tenants/billing/invoices.toml
WORKER
links = { orders = 'shop/orders' }",
        &["NetworkPolicy"],
    );
    insta::assert_snapshot!(seen, @r"
    --- billing/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: billing-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: billing
        app.kubernetes.io/part-of: billing
      name: allow-dns
      namespace: billing
    spec:
      egress:
      - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      podSelector: {}
      policyTypes:
      - Egress
    --- billing/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: billing-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: billing
        app.kubernetes.io/part-of: billing
      name: deny-all
      namespace: billing
    spec:
      podSelector: {}
      policyTypes:
      - Ingress
      - Egress
    --- billing/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: billing-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: billing
        app.kubernetes.io/part-of: billing
      name: invoices
      namespace: billing
    spec:
      egress:
      - ports:
        - port: 8080
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop
          podSelector:
            matchLabels:
              app.kubernetes.io/instance: shop-orders
              app.kubernetes.io/name: orders
      podSelector:
        matchLabels:
          app.kubernetes.io/instance: billing-invoices
          app.kubernetes.io/name: invoices
      policyTypes:
      - Ingress
      - Egress
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: allow-dns
      namespace: shop
    spec:
      egress:
      - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      podSelector: {}
      policyTypes:
      - Egress
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: deny-all
      namespace: shop
    spec:
      podSelector: {}
      policyTypes:
      - Ingress
      - Egress
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: orders
      namespace: shop
    spec:
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: billing
          podSelector:
            matchLabels:
              app.kubernetes.io/instance: billing-invoices
              app.kubernetes.io/name: invoices
        ports:
        - port: 8080
          protocol: TCP
      podSelector:
        matchLabels:
          app.kubernetes.io/instance: shop-orders
          app.kubernetes.io/name: orders
      policyTypes:
      - Ingress
      - Egress
    --- shop/tenant
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      labels:
        app.kubernetes.io/component: tenant
        app.kubernetes.io/instance: shop-tenant
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: shop
        app.kubernetes.io/part-of: shop
      name: payroll
      namespace: shop
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/instance: shop-payroll
          app.kubernetes.io/name: payroll
      policyTypes:
      - Ingress
      - Egress
    ");
}

#[test]
fn a_link_that_is_not_allowed() {
    insta::assert_snapshot!(render(
        "[environments.dev]
domain = 'dev.example.com'
== tenants/shop/tenant.toml
== tenants/shop/orders.toml
WORKER
== tenants/billing/tenant.toml
isolation = { level = 'none', allow-to = ['bank'] }
== tenants/billing/invoices.toml
WORKER
links = { orders = 'shop/orders' }
== tenants/bank/tenant.toml
isolation = 'open'
== tenants/bank/transfers.toml
WORKER
links = { orders = 'shop/orders' }",
        &[],
    ), @r"
    error: `isolation` of tenant `bank` must be one of `strict`, `namespace`, `none`, not `open`: tenants/bank/tenant.toml
    error: tenant `shop` does not permit links from tenant `bank`: `shop/orders`: tenants/bank/transfers.toml
      hint: add `bank` to `allow-from` in `[isolation]` of tenants/shop/tenant.toml
    error: tenant `billing` may not link to tenant `shop`: `shop/orders`: tenants/billing/invoices.toml
      hint: add `shop` to `allow-to` in `[isolation]` of tenants/billing/tenant.toml
    ");
}

#[test]
fn namespaces_with_labels_and_levels() {
    let seen = render(
        "pod-security = 'baseline'
labels = { mesh = 'none', zone = 'a' }
annotations = { 'example.com/made-by' = 'the platform' }
[environments.dev]
domain = 'dev.example.com'
labels = { mesh = 'ambient' }
== tenants/shop/tenant.toml
quota = { pods = 5 }
namespaces = [
  'shop-jobs',
  { name = 'shop-mesh', pod-security = 'privileged', labels = { mesh = 'sidecar' } },
  { name = 'monitoring', existing = true },
]
annotations = { 'example.com/owner' = 'shop' }
== tenants/cluster/tenant.toml
system = true
namespace = 'kube-system'
quota = { pods = 5 }
owners = ['team']
== tenants/cluster/dns.toml
WORKER
== tenants/metrics/tenant.toml
namespaces = [{ name = 'monitoring', existing = true }]
== tenants/metrics/scraper.toml
WORKER",
        &["Namespace", "NetworkPolicy", "ResourceQuota", "RoleBinding", "Deployment"],
    );
    let words = ["---", "kind: ", "  name: ", "namespace: ", "mesh", "zone", "enforce", "example.com/"];
    insta::assert_snapshot!(lines(&seen, &words), @r"
    --- cluster/dns
    kind: Deployment
    name: dns
    namespace: kube-system
    - image: registry.example.com/app:v1
    name: dns
    name: http
    name: temporary
    name: temporary
    --- metrics/scraper
    kind: Deployment
    name: scraper
    namespace: monitoring
    - image: registry.example.com/app:v1
    name: scraper
    name: http
    name: temporary
    name: temporary
    --- shop/tenant
    kind: Namespace
    example.com/made-by: the platform
    example.com/owner: shop
    mesh: ambient
    pod-security.kubernetes.io/enforce: baseline
    zone: a
    name: shop
    --- shop/tenant
    kind: Namespace
    example.com/made-by: the platform
    example.com/owner: shop
    mesh: ambient
    pod-security.kubernetes.io/enforce: baseline
    zone: a
    name: shop-jobs
    --- shop/tenant
    kind: Namespace
    example.com/made-by: the platform
    example.com/owner: shop
    mesh: sidecar
    pod-security.kubernetes.io/enforce: privileged
    zone: a
    name: shop-mesh
    --- shop/tenant
    kind: ResourceQuota
    name: quota
    namespace: shop
    --- shop/tenant
    kind: ResourceQuota
    name: quota
    namespace: shop-jobs
    --- shop/tenant
    kind: ResourceQuota
    name: quota
    namespace: shop-mesh
    --- shop/tenant
    kind: NetworkPolicy
    name: allow-dns
    namespace: shop
    --- shop/tenant
    kind: NetworkPolicy
    name: deny-all
    namespace: shop
    --- shop/tenant
    kind: NetworkPolicy
    name: allow-dns
    namespace: shop-jobs
    --- shop/tenant
    kind: NetworkPolicy
    name: deny-all
    namespace: shop-jobs
    --- shop/tenant
    kind: NetworkPolicy
    name: allow-dns
    namespace: shop-mesh
    --- shop/tenant
    kind: NetworkPolicy
    name: deny-all
    namespace: shop-mesh
    ");
}

#[test]
fn namespaces_that_nobody_may_have() {
    insta::assert_snapshot!(render(
        "[environments.dev]
domain = 'dev.example.com'
== tenants/shop/tenant.toml
namespaces = [{ name = 'kube-system', existing = true }, { name = 'bank' }]
== tenants/bank/tenant.toml
",
        &[],
    ), @r"
    error: namespace `kube-system` of tenant `shop` is reserved: names that start with `kube-` are for Kubernetes and system tenants only: tenants/shop/tenant.toml
    error: namespace `bank` is claimed by two tenants: `bank` and `shop`: tenants/shop/tenant.toml
    ");
}

#[test]
fn a_link_to_what_is_not_in_the_environment() {
    insta::assert_snapshot!(render(
        "[environments.dev]
domain = 'dev.example.com'
[environments.prod]
domain = 'example.com'
== tenants/shop/tenant.toml
== tenants/shop/api.toml
WORKER
[environments.dev]
enabled = false
== tenants/shop/old.toml
WORKER
enabled = false
== tenants/shop/web.toml
WORKER
links = { api = 'api', old = 'old', bank = 'bank/transfers' }
== tenants/bank/tenant.toml
environments = ['prod']
isolation.allow-from = ['shop']
== tenants/bank/transfers.toml
WORKER",
        &[],
    ), @r"
    error: component `shop/api` is not in environment `dev`: tenants/shop/web.toml
      hint: change or remove the link in `[environments.dev]`
    error: tenant `bank` is not in environment `dev`: tenants/shop/web.toml
      hint: change or remove the link in `[environments.dev]`
    error: component `shop/old` is not enabled: tenants/shop/web.toml
      hint: change or remove the link in `[environments.dev]`
    error: component `shop/old` is not enabled: tenants/shop/web.toml
      hint: change or remove the link in `[environments.prod]`
    ");
}
