import type { ClusterNode } from '../cluster-model.ts';
import { Icon } from './Icon.tsx';
import { Menu } from './Menu.tsx';
import { useMachine, useMachineState } from './use-machine.ts';

/** What can be done to a server. */
export function ServerMenu({ node }: { readonly node: ClusterNode }) {
  const machine = useMachine();
  const isDiskFull = useMachineState((state) => state.isDiskFull);
  const controller = machine.controller(node.terminal);
  if (controller === undefined) return null;
  const isDown = !node.isRunning;
  return (
    <Menu
      label={`${node.id > 0 ? `Server ${node.id}` : `Server in Terminal #${node.terminal}`}: actions`}
      items={[
        {
          label: 'Kill',
          hint: 'kill -9',
          isDisabled: isDown,
          isDangerous: true,
          act: () => void controller.killServer(),
        },
        {
          label: 'Stop',
          hint: 'os.exit()',
          isDisabled: isDown,
          act: () => controller.stopServer(),
        },
        {
          label: node.isPaused ? 'Continue' : 'Pause',
          hint: node.isPaused ? 'kill -CONT' : 'kill -STOP',
          isDisabled: isDown,
          act: () => controller.pauseServer(!node.isPaused),
        },
        {
          label: isDown ? 'Start' : 'Restart',
          hint: node.command,
          act: () => controller.restartServer(node.command),
        },
        {
          label: isDiskFull ? 'Make room on the disk' : 'Fill the disk',
          hint: 'for all servers',
          isDangerous: !isDiskFull,
          act: () => machine.fillDisk(!isDiskFull),
        },
        { label: 'Files', hint: node.name, act: () => machine.showFiles(node.cwd) },
      ]}
    >
      <Icon name="menu" />
    </Menu>
  );
}
