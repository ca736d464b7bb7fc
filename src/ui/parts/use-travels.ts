import { useEffect, useRef, useState } from 'react';
import { arrivals, type Cluster, type ClusterLink } from '../cluster-model.ts';
import { linkKey } from './LinkMenu.tsx';

/** 700 ms: long enough to be seen going, short enough to be over before the next is typed. */
const travelMs = 700;

/**
 * Marks on their way, for rows that have just arrived. One on each link at a time: under load more of them say no more, and each
 * costs the page's only thread some work for every frame.
 */
export function useTravels(cluster: Cluster): readonly { key: number; link: ClusterLink }[] {
  const [travels, setTravels] = useState<readonly { key: number; link: ClusterLink }[]>([]);
  const before = useRef(cluster);
  const lastKey = useRef(0);
  const busy = useRef(new Set<string>());
  useEffect(() => {
    const came = arrivals(before.current, cluster);
    before.current = cluster;
    const free = new Map(came.map(({ link }) => [linkKey(link), link]));
    for (const name of busy.current) free.delete(name);
    if (free.size === 0) return;
    const fresh = [...free.values()].map((link) => ({ key: ++lastKey.current, link }));
    for (const name of free.keys()) busy.current.add(name);
    setTravels((old) => [...old, ...fresh]);
    setTimeout(() => {
      for (const name of free.keys()) busy.current.delete(name);
      setTravels((old) => old.filter((one) => !fresh.includes(one)));
    }, travelMs);
  }, [cluster]);
  return travels;
}
