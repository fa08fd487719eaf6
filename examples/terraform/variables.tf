# The variables of one environment, as `aqueduct render` writes them to
# output/<environment>/terraform/terraform.tfvars.json.

variable "environment" {
  description = "The name of the environment."
  type        = string
}

variable "region" {
  description = "The region of DigitalOcean."
  type        = string
}

variable "vpc_cidr" {
  description = "The address range of the private network."
  type        = string
}

variable "kubernetes_version" {
  description = "The minor version of Kubernetes, such as 1.33; the newest patch of it is taken."
  type        = string
}

variable "domain" {
  description = "The domain below which hosts are made."
  type        = string
}

variable "node_pools" {
  description = "The nodes by pool."
  type = map(object({
    size          = string
    count         = number
    labels        = map(string)
    monthly_price = optional(number)
  }))
}

variable "load_balancers" {
  description = "The load balancers that are paid for; Services of type LoadBalancer make them."
  type = map(object({
    description   = optional(string)
    count         = number
    monthly_price = number
  }))
  default = {}
}

variable "items" {
  description = "What else is paid for."
  type = map(object({
    description   = optional(string)
    count         = number
    monthly_price = number
  }))
  default = {}
}

variable "monthly_cost" {
  description = "The sum of all prices."
  type        = number
  default     = 0
}
