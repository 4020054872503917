/** Where one Ceph server listens and keeps its files. */
export interface CephPlace {
  readonly dir: string;
  readonly fsid: string;
  readonly monitorPort: number;
  readonly gatewayPort: number;
}

/** Host names under this one are buckets in website mode; every other host gets the S3 API. */
export const WEBSITE_DOMAIN = 'web.localhost';

/** The configuration of a monitor, one store in memory and a gateway, all on loopback; nobody has to log in to any but the gateway. */
export function cephConf(place: CephPlace): string {
  const { dir } = place;
  const sections: Record<string, Record<string, string | number | boolean>> = {
    global: {
      fsid: place.fsid,
      mon_host: `v1:127.0.0.1:${place.monitorPort}`,
      public_addr: '127.0.0.1',
      cluster_addr: '127.0.0.1',
      ms_bind_ipv6: false,
      auth_cluster_required: 'none',
      auth_service_required: 'none',
      auth_client_required: 'none',
      keyring: `${dir}/keyring`,
      run_dir: dir,
      pid_file: '',
      admin_socket: '',
      crash_dir: dir,
      log_file: '',
      log_to_stderr: true,
      err_to_stderr: true,
      // One copy, one placement group a pool: nothing here is to survive anything.
      osd_pool_default_size: 1,
      osd_pool_default_min_size: 1,
      osd_pool_default_pg_num: 1,
      osd_pool_default_pg_autoscale_mode: 'off',
      osd_crush_chooseleaf_type: 0,
      mon_allow_pool_size_one: true,
      mon_max_pg_per_osd: 2000,
      mon_data_avail_crit: 1,
      mon_data_avail_warn: 2,
      // A monitor gathers changes for a second before it decides; each new pool would take one.
      paxos_propose_interval: 0.02,
      paxos_min_wait: 0.01,
      // A client whose store is not up yet looks again after this many seconds, five by default.
      objecter_tick_interval: 0.1,
    },
    'mon.a': { host: 'localhost', mon_data: `${dir}/mon` },
    'osd.0': {
      osd_data: `${dir}/osd`,
      osd_objectstore: 'memstore',
      memstore_device_bytes: 16 * 1024 ** 3, // a limit, not taken beforehand
      // It would tell the monitor its place in the map, where it already is, and hang if that has no map yet.
      osd_crush_update_on_start: false,
      osd_class_update_on_start: false,
    },
    'client.gateway': gatewaySection(place),
  };
  return Object.entries(sections)
    .map(([name, settings]) => [`[${name}]`, ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`)])
    .map((lines) => `${lines.join('\n')}\n`)
    .join('');
}

function gatewaySection({ gatewayPort }: CephPlace) {
  return {
    // Without tcp_nodelay every answer waits 40 ms for the client's delayed acknowledgement.
    rgw_frontends: `beast endpoint=127.0.0.1:${gatewayPort} tcp_nodelay=1`,
    // The order counts: the API that comes first answers hosts that are nobody's name.
    rgw_enable_apis: 's3, s3website, admin',
    rgw_enable_static_website: true,
    rgw_dns_name: 's3.localhost',
    rgw_dns_s3website_name: WEBSITE_DOMAIN,
    rgw_thread_pool_size: 32,
    rgw_override_bucket_index_max_shards: 1,
    rgw_num_control_oids: 1,
    rgw_run_sync_thread: false,
    rgw_enable_gc_threads: false,
    rgw_enable_lc_threads: false,
    rgw_enable_quota_threads: false,
  };
}
