output "cluster_id" {
  description = "The id of the cluster, for `doctl kubernetes cluster kubeconfig save`."
  value       = digitalocean_kubernetes_cluster.this.id
}

output "vpc_id" {
  description = "The id of the private network."
  value       = digitalocean_vpc.this.id
}

output "monthly_cost" {
  description = "What the environment costs in a month, as its TOML says."
  value       = var.monthly_cost
}
