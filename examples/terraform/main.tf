# The infrastructure of an environment: a private network, a cluster, and a node pool for each entry
# in `node_pools`.
#
#   terraform init
#   terraform workspace select -or-create dev
#   terraform apply -var-file=../../output/dev/terraform/terraform.tfvars.json

terraform {
  required_version = ">= 1.5"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "~> 2.40"
    }
  }
}

locals {
  # The first pool is created with the cluster, because DigitalOcean requires one.
  first_pool  = contains(keys(var.node_pools), "primary") ? "primary" : keys(var.node_pools)[0]
  other_pools = { for name, pool in var.node_pools : name => pool if name != local.first_pool }
  tags        = ["environment:${var.environment}", "managed-by:terraform"]
}

resource "digitalocean_vpc" "this" {
  name     = var.environment
  region   = var.region
  ip_range = var.vpc_cidr
}

data "digitalocean_kubernetes_versions" "this" {
  version_prefix = "${var.kubernetes_version}."
}

resource "digitalocean_kubernetes_cluster" "this" {
  name         = var.environment
  region       = var.region
  version      = data.digitalocean_kubernetes_versions.this.latest_version
  vpc_uuid     = digitalocean_vpc.this.id
  auto_upgrade = true
  tags         = local.tags

  node_pool {
    name       = local.first_pool
    size       = var.node_pools[local.first_pool].size
    node_count = var.node_pools[local.first_pool].count
    labels     = var.node_pools[local.first_pool].labels
    tags       = local.tags
  }

  maintenance_policy {
    day        = "sunday"
    start_time = "04:00"
  }
}

resource "digitalocean_kubernetes_node_pool" "other" {
  for_each = local.other_pools

  cluster_id = digitalocean_kubernetes_cluster.this.id
  name       = each.key
  size       = each.value.size
  node_count = each.value.count
  labels     = each.value.labels
  tags       = local.tags
}
