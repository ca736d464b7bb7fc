import type { ReactNode } from 'react';
import { Group } from 'react-resizable-panels';
import { useSettings } from '../settings-store.ts';

interface Props {
  readonly id: string;
  readonly orientation: 'horizontal' | 'vertical';
  readonly children: ReactNode;
}

/** A group of panels whose sizes are remembered. */
export function Sized({ id, orientation, children }: Props) {
  const { layouts, set } = useSettings.getState();
  const stored = layouts[id];
  return (
    <Group
      // Another set of panels is another group: a group keeps the sizes that it began with.
      key={id}
      className="group"
      orientation={orientation}
      {...(stored === undefined ? {} : { defaultLayout: { ...stored } })}
      onLayoutChanged={(sizes, { isUserInteraction }) => {
        if (!isUserInteraction) return;
        set({ layouts: { ...useSettings.getState().layouts, [id]: sizes } });
      }}
    >
      {children}
    </Group>
  );
}
