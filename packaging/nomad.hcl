# One Tincan: `nomad job run packaging/nomad.hcl`, and `nomad alloc logs` shows the link for the first account.
#
# There is one, and more wouldn't make it larger: one process writes the database, and a second one on the same volume doesn't
# start. Nomad ends it before it starts the next, as there are no canaries. The volume is a folder of one client that
# belongs to 65532, in its configuration: host_volume "tincan" { path = "/srv/tincan" }
job "tincan" {
  type = "service"

  group "tincan" {
    count = 1

    network {
      port "http" {
        to = 3000
      }
    }

    volume "data" {
      type   = "host"
      source = "tincan"
    }

    service {
      name     = "tincan"
      provider = "nomad"
      port     = "http"

      # Its writes reach the disk.
      check {
        type     = "http"
        path     = "/healthz"
        interval = "30s"
        timeout  = "10s"
      }
    }

    update {
      max_parallel = 1
      canary       = 0
      # A new version may have to change a large database first.
      healthy_deadline  = "15m"
      progress_deadline = "20m"
    }

    task "tincan" {
      driver = "docker"
      # It needs ten seconds at most to end its connections, and the last checkpoint may take some more.
      kill_timeout = "30s"

      config {
        image           = "registry.example/tincan:0.1.0"
        ports           = ["http"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }

      env {
        TINCAN_PUBLIC_URL = "https://chat.example"
        # The proxy in front of it.
        TINCAN_TRUSTED_PROXY = "10.0.0.10"
      }

      volume_mount {
        volume      = "data"
        destination = "/data"
      }

      resources {
        cpu    = 200
        memory = 256
      }
    }
  }
}
